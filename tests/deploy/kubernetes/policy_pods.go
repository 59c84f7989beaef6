package kubernetes

import (
	"strconv"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

func milliseconds(text string) time.Duration {
	number, _ := strconv.Atoi(text)
	return time.Duration(number) * time.Millisecond
}

// The pod is killed only after the program can have ended by itself.
func (j *judge) drain(w Workload, c *core.Container, config map[string]string) {
	var before time.Duration
	if c.Lifecycle != nil && c.Lifecycle.PreStop != nil && c.Lifecycle.PreStop.Exec != nil {
		if command := c.Lifecycle.PreStop.Exec.Command; len(command) == 2 && command[0] == "sleep" {
			before = milliseconds(command[1] + "000")
		}
	}
	if before < 2*time.Second {
		j.say("%s: preStop: balancers need time to forget a pod before it is told to end", w.Name)
	}
	drain := milliseconds(config["drain.notice_ms"]) + milliseconds(config["drain.limit_ms"])
	needed := before + drain + stopTime + spareTime
	grace := 30 * time.Second
	if seconds := w.Template.Spec.TerminationGracePeriodSeconds; seconds != nil {
		grace = time.Duration(*seconds) * time.Second
	}
	if grace < needed {
		j.say("%s: terminationGracePeriodSeconds is %v, the drain may take %v", w.Name, grace, needed)
	}
}

// Paths exist, restarts don't hang on Redis, and a pod that can't reach it gets no calls.
func (j *judge) probes(w Workload, c *core.Container) {
	paths := map[string]string{}
	all := []string{}
	for name, probe := range map[string]*core.Probe{"startup": c.StartupProbe, "liveness": c.LivenessProbe, "readiness": c.ReadinessProbe} {
		if probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Port.StrVal != "http" {
			j.say("%s: the %s probe is not an HTTP probe of the port for operators", w.Name, name)
			continue
		}
		paths[name] = probe.HTTPGet.Path
		all = append(all, probe.HTTPGet.Path)
	}
	status, err := j.programs.Paths(w.Name, all)
	if err != nil {
		j.say("%s: %v", w.Name, err)
		return
	}
	for name, path := range paths {
		// As asked of a program that has no Redis.
		wanted := map[string]int{"startup": 200, "liveness": 200, "readiness": 503}[name]
		if status[path] != wanted {
			j.say("%s: the %s probe asks %s, which answers %d without a Redis, not %d", w.Name, name, path, status[path], wanted)
		}
	}
}

// Spread over zones and nodes, each counting this workload's own pods.
func (j *judge) spread(w Workload) {
	missing := map[string]bool{"topology.kubernetes.io/zone": true, "kubernetes.io/hostname": true}
	for _, constraint := range w.Template.Spec.TopologySpreadConstraints {
		delete(missing, constraint.TopologyKey)
		selected := j.selected(constraint.LabelSelector)
		if len(selected) != 1 || selected[0].Name != w.Name {
			j.say("%s: topology spread over %s counts other pods than its own", w.Name, constraint.TopologyKey)
		}
	}
	for key := range missing {
		j.say("%s: topology spread: nothing spreads over %s", w.Name, key)
	}
}

// One policy selects every pod of the namespace, those that others start there too, and allows nothing.
func (j *judge) closed() {
	for _, n := range j.m.Networks {
		everybody := len(n.Spec.PodSelector.MatchLabels)+len(n.Spec.PodSelector.MatchExpressions) == 0
		if everybody && len(n.Spec.PolicyTypes) == 2 && len(n.Spec.Ingress)+len(n.Spec.Egress) == 0 {
			return
		}
	}
	j.say("no network policy closes the namespace by default")
}

// Some policy selects the pod in each direction, so that what none allows is refused.
func (j *judge) reachable(w Workload) {
	closed := map[string]bool{}
	for _, n := range j.m.Networks {
		if selects(&n.Spec.PodSelector, w) {
			for _, direction := range n.Spec.PolicyTypes {
				closed[string(direction)] = true
			}
		}
	}
	for _, direction := range []string{"Ingress", "Egress"} {
		if !closed[direction] {
			j.say("%s: no network policy closes its %s", w.Name, direction)
		}
	}
	for _, n := range j.m.Networks {
		for _, rule := range n.Spec.Ingress {
			if selects(&n.Spec.PodSelector, w) && (len(rule.From) == 0 || len(rule.Ports) == 0) {
				j.say("%s: network policy %s lets everybody in", w.Name, n.Name)
			}
			for _, port := range rule.Ports {
				if selects(&n.Spec.PodSelector, w) && !hasPort(&w.Template.Spec.Containers[0], *port.Port) {
					j.say("%s: network policy %s opens port %s, which no container has", w.Name, n.Name, port.Port.String())
				}
			}
		}
	}
}

func selects(selector *meta.LabelSelector, w Workload) bool {
	parsed, err := meta.LabelSelectorAsSelector(selector)
	return err == nil && parsed.Matches(labels.Set(w.Template.Labels))
}

// The way to DNS and to each address of Redis is open, and inside the cluster the address exists.
func (j *judge) storeReachable(w Workload, addresses string) {
	open := map[int32]bool{}
	callers := false
	for _, n := range j.m.Networks {
		if !selects(&n.Spec.PodSelector, w) {
			continue
		}
		for _, rule := range n.Spec.Egress {
			for _, port := range rule.Ports {
				open[port.Port.IntVal] = true
			}
		}
		for _, rule := range n.Spec.Ingress {
			for _, port := range rule.Ports {
				callers = callers || port.Port.StrVal == "grpc"
			}
		}
	}
	if !callers {
		j.say("%s: no network policy lets callers in", w.Name)
	}
	if !open[53] {
		j.say("%s: no network policy lets it ask DNS", w.Name)
	}
	for _, address := range strings.Split(addresses, ",") {
		host, port, _ := strings.Cut(address, ":")
		number, _ := strconv.Atoi(port)
		if !open[int32(number)] {
			j.say("%s: no network policy lets it reach Redis at %s", w.Name, address)
		}
		if !strings.Contains(host, ".") && !j.m.ServiceNames[host] {
			j.say("%s: there is no Service %s for Redis at %s", w.Name, host, address)
		}
	}
}
