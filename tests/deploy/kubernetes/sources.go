package kubernetes

import (
	"os"
	"path/filepath"
	"regexp"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"sigs.k8s.io/yaml"
)

// Sources are what the component for monitoring repeats, read where it is kept: deploy/prometheus and deploy/grafana.
type Sources struct {
	Groups     map[string]monitoring.RuleGroup
	Runbook    map[string]bool   // Its sections.
	Dashboards map[string]string // By file.
	Folder     string            // Of Grafana, in which Compose shows them.
	Targets    []Target          // What prometheus.yml scrapes.
}

// ReadSources reads them under `deploy`.
func ReadSources(deploy string) (*Sources, error) {
	s := &Sources{Groups: map[string]monitoring.RuleGroup{}, Runbook: map[string]bool{}, Dashboards: map[string]string{}}
	files, err := filepath.Glob(filepath.Join(deploy, "prometheus/rules/*.yml"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		var rules monitoring.PrometheusRuleSpec
		if err := read(file, &rules); err != nil {
			return nil, err
		}
		for _, group := range rules.Groups {
			s.Groups[group.Name] = group
		}
	}
	runbook, err := os.ReadFile(filepath.Join(deploy, "prometheus/README.md"))
	if err != nil {
		return nil, err
	}
	for _, heading := range regexp.MustCompile(`(?m)^## (\w+)$`).FindAllStringSubmatch(string(runbook), -1) {
		s.Runbook[heading[1]] = true
	}
	if files, err = filepath.Glob(filepath.Join(deploy, "grafana/dashboards/*.json")); err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		s.Dashboards[filepath.Base(file)] = string(text)
	}
	return s, s.readSettings(deploy)
}

func (s *Sources) readSettings(deploy string) error {
	var grafana map[string]interface{}
	file := filepath.Join(deploy, "grafana/provisioning/dashboards/tessera.yaml")
	if err := read(file, &grafana); err != nil {
		return err
	}
	s.Folder = grafana["providers"].([]interface{})[0].(map[string]interface{})["folder"].(string)
	var prometheus map[string]interface{}
	file = filepath.Join(deploy, "prometheus/prometheus.yml")
	if err := read(file, &prometheus); err != nil {
		return err
	}
	for _, job := range prometheus["scrape_configs"].([]interface{}) {
		found, err := targets(file, job.(map[string]interface{})["job_name"].(string))
		if err != nil {
			return err
		}
		s.Targets = append(s.Targets, found...)
	}
	return nil
}

func read(file string, into interface{}) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return yaml.UnmarshalStrict(text, into)
}
