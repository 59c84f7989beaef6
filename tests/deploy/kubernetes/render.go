// Package kubernetes judges the manifests of deploy/kubernetes without a cluster: renders them as kustomize does, decodes every
// document into the API's own types and refuses fields that these do not have, and checks what no schema can.
package kubernetes

import (
	"bytes"
	"fmt"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// Manifests are the documents of one overlay, by kind.
type Manifests struct {
	Namespaces   []*core.Namespace
	ConfigMaps   map[string]*core.ConfigMap
	Secrets      map[string]*core.Secret
	Services     []*core.Service
	Workloads    []Workload
	Budgets      []*policy.PodDisruptionBudget
	Autoscalers  []*autoscaling.HorizontalPodAutoscaler
	Networks     []*networking.NetworkPolicy
	PodMonitors  []*monitoring.PodMonitor
	Rules        []*monitoring.PrometheusRule
	ServiceNames map[string]bool
	Sizes        map[string]int // Of each document, as JSON.
}

// Workload is a Deployment or a StatefulSet.
type Workload struct {
	Kind, Name string
	Replicas   *int32
	Selector   labels.Selector
	Template   core.PodTemplateSpec
}

// Render builds a kustomization and decodes what comes out.
func Render(folder string) (*Manifests, error) {
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return nil, err
	}
	text, err := built.AsYaml()
	if err != nil {
		return nil, err
	}
	return Decode(text)
}

// Decode refuses unknown kinds, unknown fields, fields given twice, and two documents of one kind and name.
func Decode(text []byte) (*Manifests, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{apps.AddToScheme, autoscaling.AddToScheme, core.AddToScheme,
		networking.AddToScheme, policy.AddToScheme, monitoring.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	decoder := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme, scheme, json.SerializerOptions{Yaml: true, Strict: true})
	manifests := &Manifests{ConfigMaps: map[string]*core.ConfigMap{}, Secrets: map[string]*core.Secret{}, ServiceNames: map[string]bool{}, Sizes: map[string]int{}}
	seen := map[string]bool{}
	for number, document := range bytes.Split(text, []byte("\n---\n")) {
		object, kind, err := decoder.Decode(document, nil, nil)
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", number+1, err)
		}
		about, err := meta.Accessor(object)
		if err != nil {
			return nil, err
		}
		name := kind.Kind + "/" + about.GetName()
		if seen[name] {
			return nil, fmt.Errorf("%s: is there twice", name)
		}
		seen[name] = true
		sent, err := yaml.YAMLToJSON(document)
		if err != nil {
			return nil, err
		}
		manifests.Sizes[name] = len(sent)
		if err := manifests.add(object); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return manifests, nil
}

func (m *Manifests) add(object runtime.Object) error {
	switch o := object.(type) {
	case *core.Namespace:
		m.Namespaces = append(m.Namespaces, o)
	case *core.ConfigMap:
		m.ConfigMaps[o.Name] = o
	case *core.Secret:
		m.Secrets[o.Name] = o
	case *core.Service:
		m.Services = append(m.Services, o)
		m.ServiceNames[o.Name] = true
	case *apps.Deployment:
		return m.addWorkload("Deployment", o.Name, o.Spec.Replicas, o.Spec.Selector, o.Spec.Template)
	case *apps.StatefulSet:
		return m.addWorkload("StatefulSet", o.Name, o.Spec.Replicas, o.Spec.Selector, o.Spec.Template)
	case *policy.PodDisruptionBudget:
		m.Budgets = append(m.Budgets, o)
	case *autoscaling.HorizontalPodAutoscaler:
		m.Autoscalers = append(m.Autoscalers, o)
	case *networking.NetworkPolicy:
		m.Networks = append(m.Networks, o)
	case *monitoring.PodMonitor:
		m.PodMonitors = append(m.PodMonitors, o)
	case *monitoring.PrometheusRule:
		m.Rules = append(m.Rules, o)
	default:
		return fmt.Errorf("no rule is known for this kind")
	}
	return nil
}
