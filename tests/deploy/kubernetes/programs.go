package kubernetes

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

// Programs are the services as they were built. They are asked what they know; nothing of it is written down here.
type Programs struct {
	folder string
	room   string
	known  map[string]map[string]bool
	status map[string]map[string]int
	asked  map[string]answer
	// By the configuration that promtool was asked about.
	scraped map[string][]Target
}

// answer is what --check-config said.
type answer struct {
	fields map[string]string
	err    error
}

// The files that a deployment keeps secret, as deploy/make-secrets writes them.
var secretFiles = []string{"keys", "tokens.yaml", "redis-password"}

// NewPrograms finds the programs in `folder`; `room` is a folder of the caller's.
func NewPrograms(folder, room string) *Programs {
	return &Programs{folder: folder, room: room, known: map[string]map[string]bool{}, status: map[string]map[string]int{}, asked: map[string]answer{},
		scraped: map[string][]Target{}}
}

// MakeSecrets runs deploy/make-secrets.
func MakeSecrets(root, folder string) error {
	said, err := exec.Command(filepath.Join(root, "deploy/make-secrets"), folder).CombinedOutput()
	if err != nil {
		return fmt.Errorf("make-secrets: %v: %s", err, said)
	}
	return nil
}

func (p *Programs) command(program string, environment map[string]string, arguments ...string) *exec.Cmd {
	command := exec.Command(filepath.Join(p.folder, program), arguments...)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "TESSERA_") {
			command.Env = append(command.Env, variable)
		}
	}
	for name, value := range environment {
		command.Env = append(command.Env, name+"="+value)
	}
	return command
}

// CheckConfig answers the effective configuration by field ("drain.limit_ms"), or the program's complaint. The same is asked once.
func (p *Programs) CheckConfig(program string, environment map[string]string) (map[string]string, error) {
	question := fmt.Sprint(program, environment) // Maps are printed in order.
	if _, known := p.asked[question]; !known {
		fields, err := p.checkConfig(program, environment)
		p.asked[question] = answer{fields, err}
	}
	return p.asked[question].fields, p.asked[question].err
}

func (p *Programs) checkConfig(program string, environment map[string]string) (map[string]string, error) {
	command := p.command(program, environment, "--check-config")
	var complaint bytes.Buffer
	command.Stderr = &complaint
	printed, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%v: %s", err, strings.TrimSpace(complaint.String()))
	}
	var sections map[string]map[string]interface{}
	if err := yaml.Unmarshal(printed, &sections); err != nil {
		return nil, err
	}
	fields := map[string]string{}
	for section, values := range sections {
		for name, value := range values {
			if list, isList := value.([]interface{}); isList {
				texts := []string{}
				for _, element := range list {
					texts = append(texts, fmt.Sprint(element))
				}
				value = strings.Join(texts, ",")
			}
			if number, isNumber := value.(float64); isNumber {
				value = fmt.Sprintf("%.0f", number)
			}
			fields[section+"."+name] = fmt.Sprint(value)
		}
	}
	return fields, nil
}

// Knows tells whether an environment variable sets a field of the program.
func (p *Programs) Knows(program, variable string) (bool, error) {
	if p.known[program] == nil {
		fields, err := p.CheckConfig(program, nil)
		if err != nil {
			return false, err
		}
		p.known[program] = map[string]bool{}
		for field := range fields {
			p.known[program]["TESSERA_"+strings.ToUpper(strings.ReplaceAll(field, ".", "_"))] = true
		}
	}
	return p.known[program][variable], nil
}

// Paths answers the status of each path on the program's port for operators, while it has no Redis. Asked once per path.
func (p *Programs) Paths(program string, paths []string) (map[string]int, error) {
	if p.status[program] == nil {
		p.status[program] = map[string]int{}
	}
	unknown := []string{}
	for _, path := range paths {
		if _, known := p.status[program][path]; !known {
			unknown = append(unknown, path)
		}
	}
	if len(unknown) != 0 {
		asked, err := p.ask(program, unknown)
		if err != nil {
			return nil, err
		}
		for path, status := range asked {
			p.status[program][path] = status
		}
	}
	return p.status[program], nil
}

// Runs the program and asks it.
func (p *Programs) ask(program string, paths []string) (map[string]int, error) {
	ports := filepath.Join(p.room, program+".ports")
	_ = os.Remove(ports)
	command := p.command(program, map[string]string{
		"TESSERA_GRPC_LISTEN": "127.0.0.1:0", "TESSERA_HTTP_LISTEN": "127.0.0.1:0", "TESSERA_DRAIN_NOTICE_MS": "0",
		"TESSERA_REDIS_ADDRESSES": "unix:" + filepath.Join(p.room, "no-redis"), "TESSERA_KEYS_FILE": filepath.Join(p.room, "secrets/keys"),
	}, "--insecure-dev", "--ports-file", ports)
	var said bytes.Buffer
	command.Stderr = &said
	if err := command.Start(); err != nil {
		return nil, err
	}
	defer func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	}()
	var address struct{ HTTP string }
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if text, err := os.ReadFile(ports); err == nil {
			if err := yaml.Unmarshal(text, &address); err != nil {
				return nil, err
			}
			break
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("%s did not open its ports: %s", program, said.String())
		}
	}
	if _, _, err := net.SplitHostPort(address.HTTP); err != nil {
		return nil, err
	}
	status := map[string]int{}
	for _, path := range paths {
		answer, err := http.Get("http://" + address.HTTP + path)
		if err != nil {
			return nil, err
		}
		answer.Body.Close()
		status[path] = answer.StatusCode
	}
	return status, nil
}
