package kubernetes

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"sort"
	"strings"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// What kubectl apply keeps of a document is an annotation, and the API takes 256 KiB of those. A ConfigMap by itself may have 1 MiB.
const sizeMax = 256 << 10

// Scraping, rules and dashboards, which come together or not at all.
func (j *judge) monitoring() {
	for name, size := range j.m.Sizes {
		if size > sizeMax {
			j.say("%s: %d bytes are more than kubectl apply can keep", name, size)
		}
	}
	if !j.m.Monitored() {
		return
	}
	var expressions []expression
	expressions = append(expressions, j.rules()...)
	expressions = append(expressions, j.dashboards()...)
	j.selectedTogether()
	j.monitors(expressions)
}

// Monitored is whether anything of this is there.
func (m *Manifests) Monitored() bool {
	return len(m.PodMonitors)+len(m.Rules)+len(m.dashboards()) != 0
}

// The ConfigMaps that Grafana's sidecar takes for dashboards.
func (m *Manifests) dashboards() []*core.ConfigMap {
	var found []*core.ConfigMap
	for _, configMap := range m.ConfigMaps {
		if configMap.Labels["grafana_dashboard"] == "1" {
			found = append(found, configMap)
		}
	}
	sort.Slice(found, func(a, b int) bool { return found[a].Name < found[b].Name })
	return found
}

// A Prometheus selects PodMonitors and rules by their labels, mostly by the same.
func (j *judge) selectedTogether() {
	for _, rule := range j.m.Rules {
		for _, monitor := range j.m.PodMonitors {
			if !reflect.DeepEqual(rule.Labels, monitor.Labels) || len(rule.Labels) == 0 {
				j.say("PrometheusRule %s has the labels %v, PodMonitor %s has %v", rule.Name, rule.Labels, monitor.Name, monitor.Labels)
			}
		}
	}
}

// The groups are those of deploy/prometheus/rules, and each alert says what to do.
func (j *judge) rules() []expression {
	var expressions []expression
	seen := map[string]bool{}
	for _, rules := range j.m.Rules {
		for _, group := range rules.Spec.Groups {
			source, known := j.sources.Groups[group.Name]
			if seen[group.Name] || !known {
				j.say("rule group %s: is there twice, or not in deploy/prometheus/rules", group.Name)
			}
			seen[group.Name] = true
			if !reflect.DeepEqual(group, source) {
				j.say("rule group %s: is not that of deploy/prometheus/rules: %s", group.Name, firstDifference(group, source))
			}
			for _, rule := range group.Rules {
				expressions = append(expressions, expression{rule.Alert + rule.Record, rule.Expr.String()})
				for _, text := range rule.Annotations {
					expressions = append(expressions, expression{rule.Alert, text})
				}
				if rule.Alert == "" {
					continue
				}
				if rule.Annotations["runbook"] != "deploy/prometheus/README.md#"+strings.ToLower(rule.Alert) || !j.sources.Runbook[rule.Alert] {
					j.say("alert %s: names no section of the runbook", rule.Alert)
				}
			}
		}
	}
	for name := range j.sources.Groups {
		if !seen[name] {
			j.say("rule group %s: is in no PrometheusRule", name)
		}
	}
	return expressions
}

func firstDifference(group, source monitoring.RuleGroup) string {
	for i, rule := range group.Rules {
		if i >= len(source.Rules) || !reflect.DeepEqual(rule, source.Rules[i]) {
			return rule.Alert + rule.Record
		}
	}
	return "its interval, or that rules are missing"
}

// The dashboards are those of deploy/grafana, under names and in the folder that Grafana keeps them by.
func (j *judge) dashboards() []expression {
	var expressions []expression
	taken, seen := map[string]string{}, map[string]bool{}
	for _, configMap := range j.m.dashboards() {
		if hashed.MatchString(configMap.Name) {
			j.say("ConfigMap %s: has a hash, so the dashboard of before would stay beside a changed one", configMap.Name)
		}
		for _, annotation := range []string{"grafana_folder", "k8s-sidecar-target-directory"} {
			if folder := configMap.Annotations[annotation]; folder != j.sources.Folder {
				j.say("ConfigMap %s: %s is %q, not the folder %s", configMap.Name, annotation, folder, j.sources.Folder)
			}
		}
		for file, text := range configMap.Data {
			seen[file] = true
			if text != j.sources.Dashboards[file] {
				j.say("ConfigMap %s: %s is not that of deploy/grafana/dashboards", configMap.Name, file)
			}
			var dashboard map[string]interface{}
			if err := json.Unmarshal([]byte(text), &dashboard); err != nil {
				j.say("ConfigMap %s: %s: %v", configMap.Name, file, err)
				continue
			}
			for _, key := range []string{"uid", "title"} {
				value := fmt.Sprintf("%s %q", key, dashboard[key])
				if other := taken[value]; other != "" || dashboard[key] == nil {
					j.say("%s: has the %s that %s has", file, value, other)
				}
				taken[value] = file
			}
			expressions = append(expressions, texts(file, dashboard)...)
		}
	}
	for file := range j.sources.Dashboards {
		if !seen[file] {
			j.say("dashboard %s: is in no ConfigMap that Grafana's sidecar takes", file)
		}
	}
	return expressions
}

// Each service's metrics are scraped, from a port that has them, and under the labels of deploy/prometheus/prometheus.yml.
func (j *judge) monitors(expressions []expression) {
	if len(j.m.PodMonitors) == 0 {
		j.say("no PodMonitor: rules and dashboards would have nothing to look at")
	}
	for _, monitor := range j.m.PodMonitors {
		selected := j.selected(&monitor.Spec.Selector)
		if len(selected) != 3 {
			j.say("PodMonitor %s: selects the pods of %d workloads, not of the three services", monitor.Name, len(selected))
		}
		for i := range monitor.Spec.PodMetricsEndpoints {
			endpoint := &monitor.Spec.PodMetricsEndpoints[i]
			for _, w := range selected {
				if !hasPort(&w.Template.Spec.Containers[0], intstr.FromString(endpoint.Port)) {
					j.say("PodMonitor %s: %s has no port %s", monitor.Name, w.Name, endpoint.Port)
					continue
				}
				status, err := j.programs.Paths(w.Name, []string{endpoint.Path})
				if err != nil {
					j.say("PodMonitor %s: %v", monitor.Name, err)
				} else if status[endpoint.Path] != 200 {
					j.say("PodMonitor %s: %s answers %s with %d", monitor.Name, w.Name, endpoint.Path, status[endpoint.Path])
				}
			}
			scraped, err := j.programs.Scraped(monitor, endpoint, j.m.Workloads)
			if err != nil {
				j.say("PodMonitor %s: %v", monitor.Name, err)
				continue
			}
			j.sameTargets(monitor.Name, scraped, len(selected)*podsEach)
			j.understood(expressions, scraped)
		}
	}
}

// The same jobs, the same labels, the same pace. `namespace` may be there as well: it is the same for all, and so adds no series.
func (j *judge) sameTargets(name string, scraped []Target, pods int) {
	processes, jobs := map[string]bool{}, map[string]bool{}
	for _, target := range scraped {
		job := target.Labels["job"]
		processes[job+" "+target.Labels["instance"]] = true
		jobs[job] = true
		if target.Labels["namespace"] != scraped[0].Labels["namespace"] {
			j.say("PodMonitor %s: namespace tells processes apart", name)
		}
	}
	if len(scraped) != pods || len(processes) != pods {
		j.say("PodMonitor %s: %d targets and %d pairs of job and instance for %d pods", name, len(scraped), len(processes), pods)
	}
	for _, wanted := range j.sources.Targets {
		job := wanted.Labels["job"]
		if !jobs[job] {
			j.say("PodMonitor %s: nothing is scraped as job %s, which prometheus.yml has; there are %v", name, job, keys(jobs))
		}
		for _, target := range scraped {
			if target.Labels["job"] != job {
				continue
			}
			if got, want := labelNames(target), labelNames(wanted); got != want {
				j.say("PodMonitor %s: series of %s have the labels %s, by prometheus.yml %s", name, job, got, want)
			}
			if target.Interval != wanted.Interval || target.Timeout != wanted.Timeout {
				j.say("PodMonitor %s: scrapes every %s for at most %s, prometheus.yml every %s for at most %s", name, target.Interval, target.Timeout, wanted.Interval, wanted.Timeout)
			}
		}
	}
	if len(jobs) != len(j.sources.Targets) {
		j.say("PodMonitor %s: jobs are %v", name, keys(jobs))
	}
}

func labelNames(target Target) string {
	names := map[string]bool{}
	for name := range target.Labels {
		names[name] = name != "namespace"
	}
	return strings.Join(keys(names), ", ")
}

// Those that are true, in order.
func keys(of map[string]bool) []string {
	var found []string
	for key, is := range of {
		if is {
			found = append(found, key)
		}
	}
	sort.Strings(found)
	return found
}

// An expression of a rule or a panel, or a text that shows labels.
type expression struct{ where, text string }

// Every query, variable and legend of a dashboard.
func texts(where string, node interface{}) []expression {
	var found []expression
	switch n := node.(type) {
	case map[string]interface{}:
		for key, value := range n {
			if text, is := value.(string); is && (key == "expr" || key == "legendFormat" || key == "definition" || key == "query") {
				found = append(found, expression{where, text})
			}
			found = append(found, texts(where, value)...)
		}
	case []interface{}:
		for _, value := range n {
			found = append(found, texts(where, value)...)
		}
	}
	return found
}

var (
	matcher  = regexp.MustCompile(`(\w+)\s*(=~|!=|!~|=)\s*"([^"]*)"`)
	grouping = regexp.MustCompile(`\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)`)
	shown    = regexp.MustCompile(`\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}`)
	values   = regexp.MustCompile(`label_values\(.*,\s*(\w+)\)`)
)

// The labels that a scrape adds, and those that the operator adds beside them. All others are the metrics' own.
var scrapeLabels = map[string]bool{"job": true, "instance": true, "namespace": true, "pod": true, "container": true, "endpoint": true, "service": true, "node": true}

// What expressions say of such labels holds for what is scraped: they name no label that is missing here or by prometheus.yml, and no
// job that there is not.
func (j *judge) understood(expressions []expression, scraped []Target) {
	for _, e := range expressions {
		var names []string
		for _, m := range matcher.FindAllStringSubmatch(e.text, -1) {
			names = append(names, m[1])
			if m[1] == "job" && strings.HasPrefix(m[2], "=") && !strings.Contains(m[3], "$") && !someJob(scraped, m[2], m[3]) {
				j.say("%s: looks for job%s%q, and nothing is scraped as that", e.where, m[2], m[3])
			}
		}
		for _, list := range grouping.FindAllStringSubmatch(e.text, -1) {
			names = append(names, strings.Split(list[1], ",")...)
		}
		for _, found := range append(shown.FindAllStringSubmatch(e.text, -1), values.FindAllStringSubmatch(e.text, -1)...) {
			names = append(names, found[1])
		}
		for _, name := range names {
			if name = strings.TrimSpace(name); scrapeLabels[name] && !(has(scraped, name) && has(j.sources.Targets, name)) {
				j.say("%s: rests on the label %s, which is not everywhere", e.where, name)
			}
		}
	}
}

func someJob(scraped []Target, how, value string) bool {
	for _, target := range scraped {
		if how == "=" && target.Labels["job"] == value {
			return true
		}
		if pattern, err := regexp.Compile("^(?:" + value + ")$"); how == "=~" && err == nil && pattern.MatchString(target.Labels["job"]) {
			return true
		}
	}
	return false
}

func has(targets []Target, label string) bool {
	for _, target := range targets {
		if target.Labels[label] == "" {
			return false
		}
	}
	return len(targets) != 0
}
