package kubernetes

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"
)

// Target is what Prometheus scrapes: the labels that it gives each series, and how often.
type Target struct {
	Labels            map[string]string
	Interval, Timeout string
}

// Pods of a workload, so that what tells them apart is seen.
const podsEach = 2

var notInLabels = regexp.MustCompile(`[^a-zA-Z0-9_]`)

type relabeling map[string]interface{}

// Scraped answers the targets that an endpoint of a PodMonitor has among the pods of workloads: relabelled by Prometheus itself, by the
// configuration that the operator makes of a PodMonitor (generatePodMonitorConfig in its pkg/prometheus/promcfg.go).
func (p *Programs) Scraped(monitor *monitoring.PodMonitor, endpoint *monitoring.PodMetricsEndpoint, workloads []Workload) ([]Target, error) {
	job := fmt.Sprintf("podMonitor/%s/%s/0", monitor.Namespace, monitor.Name)
	config, err := yaml.Marshal(map[string]interface{}{"scrape_configs": []interface{}{map[string]interface{}{
		"job_name": job, "metrics_path": endpoint.Path, "scrape_interval": endpoint.Interval, "scrape_timeout": endpoint.ScrapeTimeout,
		"honor_labels": endpoint.HonorLabels, "static_configs": discovered(monitor.Namespace, workloads), "relabel_configs": relabelings(monitor, endpoint),
	}}})
	if err != nil {
		return nil, err
	}
	if _, known := p.scraped[string(config)]; !known {
		file := filepath.Join(p.room, "prometheus.yml")
		if err := os.WriteFile(file, config, 0o644); err != nil {
			return nil, err
		}
		if p.scraped[string(config)], err = targets(file, job); err != nil {
			return nil, err
		}
	}
	return p.scraped[string(config)], nil
}

// The pods as Prometheus discovers them: a target for each port of each container.
func discovered(namespace string, workloads []Workload) []interface{} {
	var found []interface{}
	for i, w := range workloads {
		for pod := 0; pod < podsEach; pod++ {
			about := map[string]string{"__meta_kubernetes_namespace": namespace, "__meta_kubernetes_pod_name": fmt.Sprintf("%s-%d", w.Name, pod),
				"__meta_kubernetes_pod_phase": "Running", "__meta_kubernetes_pod_ip": fmt.Sprintf("10.0.%d.%d", i, pod)}
			for label, value := range w.Template.Labels {
				about["__meta_kubernetes_pod_label_"+notInLabels.ReplaceAllString(label, "_")] = value
				about["__meta_kubernetes_pod_labelpresent_"+notInLabels.ReplaceAllString(label, "_")] = "true"
			}
			for _, c := range w.Template.Spec.Containers {
				for _, port := range c.Ports {
					target := labels.Merge(about, map[string]string{"__meta_kubernetes_pod_container_name": c.Name,
						"__meta_kubernetes_pod_container_port_name": port.Name, "__meta_kubernetes_pod_container_port_number": strconv.Itoa(int(port.ContainerPort))})
					address := fmt.Sprintf("%s:%d", about["__meta_kubernetes_pod_ip"], port.ContainerPort)
					found = append(found, map[string]interface{}{"targets": []string{address}, "labels": target})
				}
			}
		}
	}
	return found
}

// What the operator writes, in its order: which pods and port, its own labels, and at last those of the PodMonitor.
func relabelings(monitor *monitoring.PodMonitor, endpoint *monitoring.PodMetricsEndpoint) []relabeling {
	const pod = "__meta_kubernetes_pod_"
	from := func(target string, sources ...string) relabeling {
		return relabeling{"source_labels": sources, "target_label": target, "regex": "(.+)"}
	}
	found := []relabeling{{"source_labels": []string{pod + "phase"}, "action": "drop", "regex": "(Failed|Succeeded)"}}
	for label, value := range monitor.Spec.Selector.MatchLabels {
		name := notInLabels.ReplaceAllString(label, "_")
		found = append(found, relabeling{"action": "keep", "source_labels": []string{pod + "label_" + name, pod + "labelpresent_" + name},
			"regex": fmt.Sprintf("(%s);true", value)})
	}
	found = append(found, relabeling{"action": "keep", "source_labels": []string{pod + "container_port_name"}, "regex": endpoint.Port},
		from("namespace", "__meta_kubernetes_namespace"), from("container", pod+"container_name"), from("pod", pod+"name"))
	for _, label := range monitor.Spec.PodTargetLabels {
		name := notInLabels.ReplaceAllString(label, "_")
		found = append(found, from(name, pod+"label_"+name))
	}
	found = append(found, relabeling{"target_label": "job", "replacement": monitor.Namespace + "/" + monitor.Name})
	if monitor.Spec.JobLabel != "" {
		found = append(found, from("job", pod+"label_"+notInLabels.ReplaceAllString(monitor.Spec.JobLabel, "_")))
	}
	found = append(found, relabeling{"target_label": "endpoint", "replacement": endpoint.Port})
	for _, r := range endpoint.RelabelConfigs {
		one := relabeling{}
		for name, value := range map[string]string{"separator": r.Separator, "target_label": r.TargetLabel, "regex": r.Regex,
			"replacement": r.Replacement, "action": strings.ToLower(r.Action)} {
			if value != "" {
				one[name] = value
			}
		}
		if len(r.SourceLabels) != 0 {
			one["source_labels"] = r.SourceLabels
		}
		found = append(found, one)
	}
	return found
}

// The targets of a job of a configuration of Prometheus, as promtool tells them. What begins with __ is no label of a series.
func targets(file, job string) ([]Target, error) {
	said, err := exec.Command("promtool", "check", "service-discovery", "--timeout=1s", file, job).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("promtool: %v: %s", err, said)
	}
	var told []struct{ Labels map[string]string }
	if err := json.Unmarshal(said, &told); err != nil {
		return nil, fmt.Errorf("promtool: %v: %s", err, said)
	}
	var found []Target
	for _, one := range told {
		if len(one.Labels) == 0 {
			continue // Relabelling dropped it.
		}
		target := Target{map[string]string{}, one.Labels["__scrape_interval__"], one.Labels["__scrape_timeout__"]}
		for name, value := range one.Labels {
			if !strings.HasPrefix(name, "__") {
				target.Labels[name] = value
			}
		}
		found = append(found, target)
	}
	return found, nil
}
