package kubernetes

import (
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func (j *judge) services() {
	headless := map[string]bool{}
	for _, s := range j.m.Services {
		selected := j.selected(&meta.LabelSelector{MatchLabels: s.Spec.Selector})
		if len(selected) != 1 {
			j.say("Service %s: selects the pods of %d workloads", s.Name, len(selected))
			continue
		}
		w := selected[0]
		for _, port := range s.Spec.Ports {
			target := port.TargetPort
			if target == (intstr.IntOrString{}) {
				target = intstr.FromInt(int(port.Port))
			}
			if !hasPort(&w.Template.Spec.Containers[0], target) {
				j.say("Service %s: port %s: %s has no port %s", s.Name, port.Name, w.Name, target.String())
			}
			if s.Spec.ClusterIP == "None" && port.Name == "grpc" {
				headless[w.Name] = true
			}
		}
	}
	for _, name := range []string{"tessera-issuer", "tessera-redeemer", "tessera-analytics"} {
		if !headless[name] {
			j.say("%s: no headless Service, so callers can't balance", name)
		}
	}
}

func (j *judge) autoscalers() {
	scaled := map[string]bool{}
	for _, a := range j.m.Autoscalers {
		target := a.Spec.ScaleTargetRef
		for _, w := range j.m.Workloads {
			if w.Kind == target.Kind && w.Name == target.Name {
				scaled[w.Name] = true
				if w.Replicas != nil {
					j.say("%s: replicas and the autoscaler would undo each other", w.Name)
				}
			}
		}
		if !scaled[target.Name] {
			j.say("HorizontalPodAutoscaler %s: there is no %s %s", a.Name, target.Kind, target.Name)
		}
		if a.Spec.MinReplicas != nil && *a.Spec.MinReplicas > a.Spec.MaxReplicas {
			j.say("HorizontalPodAutoscaler %s: at least %d and at most %d", a.Name, *a.Spec.MinReplicas, a.Spec.MaxReplicas)
		}
	}
	for _, w := range j.m.Workloads {
		if w.Replicas == nil && !scaled[w.Name] {
			j.say("%s: neither replicas nor an autoscaler say how many", w.Name)
		}
	}
}

func (j *judge) budgets() {
	covered := map[string]bool{}
	for _, b := range j.m.Budgets {
		selected := j.selected(b.Spec.Selector)
		if len(selected) != 1 {
			j.say("PodDisruptionBudget %s: selects the pods of %d workloads", b.Name, len(selected))
		}
		for _, w := range selected {
			covered[w.Name] = true
		}
		if b.Spec.MaxUnavailable == nil || b.Spec.MaxUnavailable.IntVal < 1 {
			j.say("PodDisruptionBudget %s: no node could be drained", b.Name)
		}
	}
	for _, w := range j.m.Workloads {
		if w.Kind == "Deployment" && !covered[w.Name] {
			j.say("%s: no PodDisruptionBudget covers it", w.Name)
		}
	}
}
