package kubernetes

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var overlays = []string{"development", "production"}

const root = "../../.."

// bench is a copy of deploy/kubernetes with secrets for development, the programs, and what the manifests repeat.
type bench struct {
	folder   string
	programs *Programs
	sources  *Sources
}

func newBench(t *testing.T) *bench {
	t.Helper()
	bin := os.Getenv("TESSERA_BIN_DIR")
	if bin == "" {
		bin = filepath.Join(root, "build/dev/bin")
	}
	bin, err := filepath.Abs(bin)
	if err != nil {
		t.Fatal(err)
	}
	room := t.TempDir()
	sources, err := ReadSources(filepath.Join(root, "deploy"))
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{filepath.Join(room, "kubernetes"), NewPrograms(bin, room), sources}
	if err := MakeSecrets(root, filepath.Join(room, "secrets")); err != nil {
		t.Fatal(err)
	}
	return b
}

// fresh lays the manifests out anew, with one text replaced by another; "" replaces nothing.
func (b *bench) fresh(t *testing.T, file, old, new string) {
	t.Helper()
	from := filepath.Join(root, "deploy/kubernetes")
	if err := os.RemoveAll(b.folder); err != nil {
		t.Fatal(err)
	}
	replaced := file == ""
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Base(filepath.Dir(path)) == "secrets" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if relative == file && strings.Contains(string(text), old) {
			text = []byte(strings.ReplaceAll(string(text), old, new))
			replaced = true
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(b.folder, relative)), 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(b.folder, relative), text, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	if !replaced {
		t.Fatalf("%s does not contain %q: mend the seed", file, old)
	}
	if err := MakeSecrets(root, filepath.Join(b.folder, "overlays/development/secrets")); err != nil {
		t.Fatal(err)
	}
}

// judge answers what is wrong with an overlay; that it does not render, or decode, is one such thing.
func (b *bench) judge(overlay string) []string {
	manifests, err := Render(filepath.Join(b.folder, "overlays", overlay))
	if err != nil {
		return []string{err.Error()}
	}
	found := Judge(manifests, b.programs, b.sources)
	// Who runs production has the operator; a small cluster need not.
	if manifests.Monitored() != (overlay == "production") {
		found = append(found, "production is monitored, and nothing else")
	}
	return found
}

func TestEveryOverlayIsSound(t *testing.T) {
	b := newBench(t)
	b.fresh(t, "", "", "")
	for _, overlay := range overlays {
		for _, finding := range b.judge(overlay) {
			t.Errorf("%s: %s", overlay, finding)
		}
		manifests, err := Render(filepath.Join(b.folder, "overlays", overlay))
		if err != nil {
			t.Fatal(err)
		}
		services := 0
		for _, w := range manifests.Workloads {
			if strings.HasPrefix(w.Name, "tessera-") {
				services++
			}
		}
		if services != 3 {
			t.Errorf("%s: %d services", overlay, services)
		}
	}
}

func TestAChangedSettingRollsThePods(t *testing.T) {
	b := newBench(t)
	names := map[string]bool{}
	for _, limit := range []string{"TESSERA_DRAIN_LIMIT_MS=20000", "TESSERA_DRAIN_LIMIT_MS=19999"} {
		b.fresh(t, "base/kustomization.yaml", "TESSERA_DRAIN_LIMIT_MS=20000", limit)
		manifests, err := Render(filepath.Join(b.folder, "overlays/production"))
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range manifests.Workloads {
			names[w.Template.Spec.Containers[0].EnvFrom[0].ConfigMapRef.Name] = true
		}
	}
	if len(names) != 2 {
		t.Errorf("the same ConfigMap before and after: %v", names)
	}
}

// Each mistake is made in a copy, and must be found by what it is. A check that can't fail is a defect.
func TestSeededMistakesAreFound(t *testing.T) {
	b := newBench(t)
	for _, seed := range seeds {
		b.fresh(t, seed.file, seed.old, seed.new)
		found := []string{}
		seen := false
		for _, overlay := range overlays {
			if seen || strings.HasPrefix(seed.file, "overlays/") && !strings.HasPrefix(seed.file, "overlays/"+overlay) {
				continue
			}
			found = append(found, b.judge(overlay)...)
			seen = strings.Contains(strings.Join(found, "\n"), seed.finding)
		}
		if !seen {
			t.Errorf("%s with %q for %q: expected %q, found %q", seed.file, seed.new, seed.old, seed.finding, found)
		}
	}
	t.Logf("%d seeded mistakes", len(seeds))
}

// kustomize can't read the rules and dashboards where they are kept, so a tool copies them.
func TestTheComponentIsWhatTheToolWrites(t *testing.T) {
	const component = "components/monitoring"
	b := newBench(t)
	check := func(folder ...string) (string, error) {
		said, err := exec.Command(filepath.Join(root, "tools/monitoring"), append([]string{"--check"}, folder...)...).CombinedOutput()
		return string(said), err
	}
	if said, err := check(); err != nil {
		t.Errorf("%v: %s", err, said)
	}
	differences := []struct{ file, old, new string }{
		{rules, "# Alerts.", "# Alarms."},
		{rules, "expr: redis_connections == 0", "expr: redis_connections == 1"},
		{business, "\"refresh\": \"30s\"", "\"refresh\": \"5s\""},
	}
	for _, d := range differences {
		b.fresh(t, d.file, d.old, d.new)
		if said, err := check(filepath.Join(b.folder, component)); err == nil || !strings.Contains(said, "+") || !strings.Contains(said, filepath.Base(d.file)) {
			t.Errorf("%s with %q: %v: %s", d.file, d.new, err, said)
		}
	}
	// A dashboard that is gone, and one that is gone at its source.
	b.fresh(t, "", "", "")
	if said, err := check(filepath.Join(b.folder, component)); err != nil {
		t.Errorf("an unchanged copy: %v: %s", err, said)
	}
	moved := filepath.Join(b.folder, component, "dashboards/tessera-old.json")
	if err := os.Rename(filepath.Join(b.folder, business), moved); err != nil {
		t.Fatal(err)
	}
	said, err := check(filepath.Join(b.folder, component))
	for _, file := range []string{"tessera-old.json", "tessera-business.json"} {
		if err == nil || !strings.Contains(said, file) {
			t.Errorf("%s: %v: %s", file, err, said)
		}
	}
	t.Logf("%d seeded differences", len(differences)+2)
}
