package kubernetes

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	security "k8s.io/pod-security-admission/api"
	restricted "k8s.io/pod-security-admission/policy"
)

// What a program may take beyond its drain, to stop (services' kStopTime), and what is left to the kubelet.
const stopTime, spareTime = time.Second, 2 * time.Second

// Hashes are kustomize's: ten characters at the end of a generated name.
var hashed = regexp.MustCompile(`-[a-z0-9]{10}$`)

// Judge answers what is wrong with manifests, in words; nothing when all is well.
func Judge(m *Manifests, programs *Programs, sources *Sources) []string {
	j := &judge{m: m, programs: programs, sources: sources}
	j.closed()
	j.workloads()
	j.services()
	j.budgets()
	j.autoscalers()
	j.monitoring()
	return j.found
}

type judge struct {
	m        *Manifests
	programs *Programs
	sources  *Sources
	found    []string
}

// Once: some checks come by the same thing for each pod.
func (j *judge) say(format string, values ...interface{}) {
	finding := fmt.Sprintf(format, values...)
	for _, said := range j.found {
		if said == finding {
			return
		}
	}
	j.found = append(j.found, finding)
}

func (m *Manifests) addWorkload(kind, name string, replicas *int32, selector *meta.LabelSelector, template core.PodTemplateSpec) error {
	parsed, err := meta.LabelSelectorAsSelector(selector)
	if err != nil {
		return err
	}
	m.Workloads = append(m.Workloads, Workload{kind, name, replicas, parsed, template})
	return nil
}

// Selected are the workloads whose pods a selector means. An empty one means every pod, which is never meant here.
func (j *judge) selected(selector *meta.LabelSelector) []Workload {
	parsed, err := meta.LabelSelectorAsSelector(selector)
	if err != nil || parsed.Empty() {
		return nil
	}
	var found []Workload
	for _, w := range j.m.Workloads {
		if parsed.Matches(labels.Set(w.Template.Labels)) {
			found = append(found, w)
		}
	}
	return found
}

func (j *judge) workloads() {
	evaluator, err := restricted.NewEvaluator(restricted.DefaultChecks())
	if err != nil {
		j.say("pod security: %v", err)
		return
	}
	for _, w := range j.m.Workloads {
		if w.Selector.Empty() || !w.Selector.Matches(labels.Set(w.Template.Labels)) {
			j.say("%s: its selector does not match its own pods", w.Name)
		}
		for _, result := range evaluator.EvaluatePod(security.LevelVersion{Level: security.LevelRestricted, Version: security.LatestVersion()},
			&w.Template.ObjectMeta, &w.Template.Spec) {
			if !result.Allowed {
				j.say("%s: pod security restricted: %s: %s", w.Name, result.ForbiddenReason, result.ForbiddenDetail)
			}
		}
		spec := w.Template.Spec
		if spec.AutomountServiceAccountToken == nil || *spec.AutomountServiceAccountToken {
			j.say("%s: mounts a token of the API server", w.Name)
		}
		if spec.EnableServiceLinks == nil || *spec.EnableServiceLinks {
			j.say("%s: enableServiceLinks would set variables that are no fields", w.Name)
		}
		if spec.SecurityContext == nil || spec.SecurityContext.FSGroup == nil {
			j.say("%s: without fsGroup nobody but root reads the secrets", w.Name)
		}
		for i := range spec.Containers {
			j.container(w, &spec.Containers[i])
		}
		if strings.HasPrefix(w.Name, "tessera-") {
			j.service(w)
		}
		j.reachable(w)
	}
}

// What every container must have, whatever runs in it.
func (j *judge) container(w Workload, c *core.Container) {
	if c.SecurityContext == nil || c.SecurityContext.ReadOnlyRootFilesystem == nil || !*c.SecurityContext.ReadOnlyRootFilesystem {
		j.say("%s: the root file system can be written", w.Name)
	}
	requests, limits := c.Resources.Requests, c.Resources.Limits
	if requests.Cpu().IsZero() || requests.Memory().IsZero() || limits.Memory().IsZero() {
		j.say("%s: resources: requests of cpu and memory and a limit of memory must be set", w.Name)
	} else if requests.Memory().Cmp(*limits.Memory()) > 0 {
		j.say("%s: resources: more memory is requested than allowed", w.Name)
	}
	if name := c.Image[strings.LastIndex(c.Image, "/")+1:]; !strings.Contains(name, ":") || strings.HasSuffix(name, ":latest") {
		j.say("%s: image %s has no version", w.Name, c.Image)
	}
	for _, probe := range []*core.Probe{c.StartupProbe, c.LivenessProbe, c.ReadinessProbe} {
		if probe == nil {
			j.say("%s: a probe is missing", w.Name)
			return
		}
		port := intstr.IntOrString{}
		if probe.HTTPGet != nil {
			port = probe.HTTPGet.Port
		} else if probe.TCPSocket != nil {
			port = probe.TCPSocket.Port
		}
		if !hasPort(c, port) {
			j.say("%s: a probe asks port %s, which the container does not name", w.Name, port.String())
		}
	}
	for _, mount := range c.VolumeMounts {
		if volume := volumeOf(w, mount.Name); volume != nil && volume.Secret != nil && !mount.ReadOnly {
			j.say("%s: secrets are mounted writable", w.Name)
		}
	}
	for _, variable := range c.Env {
		if variable.ValueFrom != nil && variable.ValueFrom.SecretKeyRef != nil {
			j.say("%s: %s is a secret in the environment: mount it as a file", w.Name, variable.Name)
		}
	}
}

func hasPort(c *core.Container, port intstr.IntOrString) bool {
	for _, p := range c.Ports {
		if p.Name == port.StrVal || (port.IntVal != 0 && p.ContainerPort == port.IntVal) {
			return true
		}
	}
	return false
}

func volumeOf(w Workload, name string) *core.Volume {
	for i := range w.Template.Spec.Volumes {
		if w.Template.Spec.Volumes[i].Name == name {
			return &w.Template.Spec.Volumes[i]
		}
	}
	return nil
}

// What one of the three services must have, held against the program itself.
func (j *judge) service(w Workload) {
	spec := w.Template.Spec
	c := &spec.Containers[0]
	if len(c.Command) != 1 || c.Command[0] != w.Name {
		j.say("%s: its command is %v", w.Name, c.Command)
		return
	}
	environment := j.environment(w, c)
	for name := range environment {
		knows, err := j.programs.Knows(w.Name, name)
		if err != nil {
			j.say("%s: %v", w.Name, err)
		} else if !knows && strings.HasPrefix(name, "TESSERA_") {
			j.say("%s: %s is no field of the program", w.Name, name)
		}
	}
	config, err := j.programs.CheckConfig(w.Name, j.filesHere(w, c, environment))
	if err != nil {
		j.say("%s: refuses its configuration: %v", w.Name, err)
		return
	}
	for _, field := range []string{"identity.tokens_file", "keys.file"} {
		if config[field] == "" {
			j.say("%s: %s is not set", w.Name, field)
		}
	}
	for port, field := range map[string]string{"grpc": "grpc.listen", "http": "http.listen"} {
		number, _ := strconv.Atoi(config[field][strings.LastIndex(config[field], ":")+1:])
		if !hasPort(c, intstr.FromInt(number)) || !hasPort(c, intstr.FromString(port)) || portNumber(c, port) != int32(number) {
			j.say("%s: port %s is not %d, on which the program listens", w.Name, port, number)
		}
	}
	j.drain(w, c, config)
	j.probes(w, c)
	j.spread(w)
	j.storeReachable(w, config["redis.addresses"])
}

func portNumber(c *core.Container, name string) int32 {
	for _, p := range c.Ports {
		if p.Name == name {
			return p.ContainerPort
		}
	}
	return 0
}

// The variables of a container, from ConfigMaps and by themselves.
func (j *judge) environment(w Workload, c *core.Container) map[string]string {
	variables := map[string]string{}
	for _, from := range c.EnvFrom {
		if from.SecretRef != nil {
			j.say("%s: secrets in the environment: mount them as files", w.Name)
			continue
		}
		configMap := j.m.ConfigMaps[from.ConfigMapRef.Name]
		if configMap == nil {
			j.say("%s: there is no ConfigMap %s", w.Name, from.ConfigMapRef.Name)
			continue
		}
		if !hashed.MatchString(configMap.Name) {
			j.say("%s: ConfigMap %s has no hash, so a change of it would not roll the pods", w.Name, configMap.Name)
		}
		for name, value := range configMap.Data {
			variables[name] = value
		}
	}
	for _, variable := range c.Env {
		variables[variable.Name] = variable.Value
	}
	return variables
}

// The variables with those that name a file of a mounted secret pointing to files on this machine.
func (j *judge) filesHere(w Workload, c *core.Container, environment map[string]string) map[string]string {
	here := map[string]string{}
	for name, value := range environment {
		here[name] = value
		if !strings.HasSuffix(name, "_FILE") || value == "" {
			continue
		}
		folder, file := path.Split(value)
		if !j.secretHas(w, c, folder, file) {
			j.say("%s: %s=%s is in no mounted secret", w.Name, name, value)
		}
		here[name] = path.Join(j.programs.room, "secrets", file)
	}
	return here
}

func (j *judge) secretHas(w Workload, c *core.Container, folder, file string) bool {
	for _, mount := range c.VolumeMounts {
		volume := volumeOf(w, mount.Name)
		if path.Clean(folder) != path.Clean(mount.MountPath) || volume == nil || volume.Secret == nil {
			continue
		}
		if mode := volume.Secret.DefaultMode; mode == nil || *mode&0o007 != 0 {
			j.say("%s: everybody could read the secrets: defaultMode", w.Name)
		}
		if secret := j.m.Secrets[volume.Secret.SecretName]; secret != nil {
			_, has := secret.Data[file]
			return has
		}
		for _, known := range secretFiles { // The operator makes it, by deploy/README.md.
			if file == known {
				return true
			}
		}
	}
	return false
}
