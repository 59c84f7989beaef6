package kubernetes

import "strings"

const (
	deployment   = "base/service/deployment.yaml"
	services     = "base/service/services.yaml"
	availability = "base/service/availability.yaml"
	base         = "base/kustomization.yaml"
	network      = "base/network.yaml"
	development  = "overlays/development/kustomization.yaml"
	production   = "overlays/production/kustomization.yaml"
	monitoringOf = "components/monitoring/kustomization.yaml"
	podMonitor   = "components/monitoring/pod_monitor.yaml"
	rules        = "components/monitoring/prometheus_rule.yaml"
	business     = "components/monitoring/dashboards/tessera-business.json"
)

// A text of a file, what stands there by mistake, and what must be said of it.
var seeds = []struct{ file, old, new, finding string }{
	// What the types know.
	{deployment, "readOnlyRootFilesystem", "readonlyRootFilesystem", "unknown field"},
	{deployment, "periodSeconds: 1\n", "periodSecond: 1\n", "unknown field"},
	{availability, "averageUtilization: 70", "averageUtilization: most", "cannot unmarshal string"},
	{network, "podSelector:\n            matchLabels", "podSelectors:\n            matchLabels", "unknown field"},
	{podMonitor, "podMetricsEndpoints", "podMetricsEndpoint", "unknown field"},
	{services, "apiVersion: v1\nkind: Service", "apiVersion: v2\nkind: Service", "no kind \"Service\""},
	// Configuration, asked of the programs.
	{base, "TESSERA_DRAIN_LIMIT_MS", "TESSERA_DRAIN_LIMITS_MS", "is no field of the program"},
	{base, "literals:", "literals:\n      - TESSERA_SWEEP_INTERVAL_MS=1000", "tessera-analytics: TESSERA_SWEEP_INTERVAL_MS is no field"},
	{base, "TESSERA_DRAIN_LIMIT_MS=20000", "TESSERA_DRAIN_LIMIT_MS=20s", "refuses its configuration"},
	{production, "TESSERA_STORAGE_REPLICAS=1", "TESSERA_STORAGE_REPLICAS=0", "refuses its configuration"},
	{base, "/etc/tessera/secrets/keys", "/etc/tessera/keys", "is in no mounted secret"},
	{base, "secrets/redis-password", "secrets/redis_password", "is in no mounted secret"},
	{development, "secrets/tokens.yaml", "tokens=secrets/tokens.yaml", "is in no mounted secret"},
	{base, "configMapGenerator:", "generatorOptions: {disableNameSuffixHash: true}\nconfigMapGenerator:", "has no hash"},
	{deployment, "envFrom:",
		"env: [{name: TESSERA_REDIS_PASSWORD, valueFrom: {secretKeyRef: {name: tessera-secrets, key: redis-password}}}]\n          envFrom:",
		"mount it as a file"},
	// Ports and probes.
	{deployment, "containerPort: 9464", "containerPort: 9465", "on which the program listens"},
	{base, "literals:", "literals:\n      - TESSERA_GRPC_LISTEN=0.0.0.0:50052", "on which the program listens"},
	{deployment, "path: /readyz", "path: /ready", "answers 404"},
	{deployment, "livenessProbe:\n            # Not /readyz: while Redis is away no restart helps.\n            httpGet: {path: /healthz", "livenessProbe:\n            httpGet: {path: /readyz", "the liveness probe asks /readyz, which answers 503"},
	{deployment, "path: /readyz, port: http", "path: /readyz, port: https", "which the container does not name"},
	{deployment, "          readinessProbe:\n            httpGet: {path: /readyz, port: http}\n            periodSeconds: 2\n            failureThreshold: 2\n", "", "a probe is missing"},
	// Drain.
	{deployment, "terminationGracePeriodSeconds: 35", "terminationGracePeriodSeconds: 26", "the drain may take"},
	{base, "TESSERA_DRAIN_LIMIT_MS=20000", "TESSERA_DRAIN_LIMIT_MS=60000", "the drain may take"},
	{deployment, "[sleep, \"5\"]", "[sleep, \"0\"]", "preStop"},
	// Selectors.
	{services, "name: tessera-headless\nspec:", "name: tessera-headless\nspec:\n  selector: {app.kubernetes.io/version: x}", "selects the pods of 0 workloads"},
	{services, "clusterIP: None", "clusterIP: \"\"", "no headless Service"},
	{services, "targetPort: http", "targetPort: metrics", "has no port metrics"},
	{deployment, "labelSelector: {matchLabels: {app.kubernetes.io/name: tessera}}", "labelSelector: {}", "counts other pods than its own"},
	{deployment, "topologyKey: kubernetes.io/hostname", "topologyKey: topology.kubernetes.io/region", "nothing spreads over kubernetes.io/hostname"},
	{availability, "selector: {matchLabels: {app.kubernetes.io/name: tessera}}", "selector: {}", "selects the pods of 0 workloads"},
	{availability, "maxUnavailable: 1", "maxUnavailable: 0", "no node could be drained"},
	{availability, "kind: Deployment, name: tessera", "kind: Deployment, name: tessera-service", "there is no Deployment"},
	{deployment, "spec:\n  # The number", "spec:\n  replicas: 3\n  # The number", "would undo each other"},
	// Security and resources.
	{deployment, "runAsNonRoot: true", "runAsNonRoot: false", "pod security restricted"},
	{deployment, "drop: [ALL]", "drop: [NET_RAW]", "pod security restricted"},
	{deployment, "seccompProfile: {type: RuntimeDefault}", "seccompProfile: {type: Unconfined}", "pod security restricted"},
	{deployment, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "root file system can be written"},
	{deployment, "        fsGroup: 65532\n", "", "without fsGroup"},
	{deployment, "defaultMode: 0440", "defaultMode: 0444", "everybody could read"},
	{deployment, "automountServiceAccountToken: false", "automountServiceAccountToken: true", "token of the API server"},
	{deployment, "enableServiceLinks: false", "enableServiceLinks: true", "variables that are no fields"},
	{deployment, "limits: {memory: 512Mi}", "limits: {}", "resources"},
	{production, "newTag: 0.1.0", "newTag: latest", "has no version"},
	// Network.
	{network, "podSelector: {}", "podSelector: {matchLabels: {app.kubernetes.io/name: nobody}}", "closes the namespace by default"},
	{"overlays/production/network.yaml", "port: 26379", "port: 26380", "no network policy lets it reach Redis"},
	{network, "policyTypes: [Ingress, Egress]\n---", "policyTypes: [Ingress]\n---", "closes the namespace by default"},
	{network, "port: grpc", "port: rpc", "no network policy lets callers in"},
	{network, "port: 53}", "port: 54}", "no network policy lets it ask DNS"},
	{development, "TESSERA_REDIS_ADDRESSES=redis:6379", "TESSERA_REDIS_ADDRESSES=cache:6379", "there is no Service cache"},
	// What is scraped, and under which labels.
	{podMonitor, "port: http", "port: metrics", "has no port metrics"},
	{podMonitor, "replacement: tessera-$1", "replacement: $1", "nothing is scraped as job tessera-issuer, which prometheus.yml has; there are [analytics issuer redeemer]"},
	{podMonitor, "path: /metrics", "path: /prometheus", "answers /prometheus with 404"},
	{podMonitor, "app.kubernetes.io/name: tessera", "app.kubernetes.io/component: issuer", "selects the pods of 1 workloads"},
	{podMonitor, "targetLabel: job", "targetLabel: service", "nothing is scraped as job tessera-issuer, which prometheus.yml has; there are [tessera/tessera]"},
	{podMonitor, "regex: pod|container|endpoint", "regex: container|endpoint", "series of tessera-analytics have the labels instance, job, pod, by prometheus.yml instance, job"},
	{podMonitor, "[__meta_kubernetes_pod_name]", "[__meta_kubernetes_pod_container_name]", "6 targets and 3 pairs of job and instance for 6 pods"},
	{podMonitor, "targetLabel: instance", "targetLabel: namespace", "namespace tells processes apart"},
	{podMonitor, "interval: 15s", "interval: 60s", "scrapes every 1m for at most 5s, prometheus.yml every 15s"},
	{podMonitor, "scrapeTimeout: 5s", "scrapeTimeout: 20s", "promtool"},
	{monitoringOf, "  - pod_monitor.yaml\n", "", "no PodMonitor"},
	{production, "target: {group: monitoring.coreos.com}", "target: {kind: PodMonitor}", "PrometheusRule tessera has the labels map[]"},
	{production, "components:\n  - ../../components/monitoring\n", "", "production is monitored"},
	{development, "images:", "components: [../../components/monitoring]\nimages:", "and nothing else"},
	// Rules.
	{rules, "        - alert: TesseraStockLow", "        - alerts: TesseraStockLow", "unknown field"},
	{rules, "expr: redis_connections == 0", "expr: redis_connections == 1", "is not that of deploy/prometheus/rules: TesseraRedisUnreachable"},
	{rules, "interval: 15s", "interval: 5s", "rule group tessera-slo-short: is not that of deploy/prometheus/rules"},
	{rules, "- name: tessera-store", "- name: tessera-stores", "rule group tessera-store: is in no PrometheusRule"},
	{rules, "- name: tessera-store", "- name: tessera-processes", "rule group tessera-processes: is there twice"},
	{rules, "runbook: deploy/prometheus/README.md#tesserastocklow", "runbook_url: deploy/prometheus/README.md#tesserastocklow", "alert TesseraStockLow: names no section of the runbook"},
	{rules, "alert: TesseraStockLow", "alert: TesseraStockGone", "alert TesseraStockGone: names no section of the runbook"},
	{rules, "up{job=\"tessera-issuer\"}", "up{job=\"tessera/tessera\"}", "looks for job=\"tessera/tessera\", and nothing is scraped as that"},
	{rules, "job=~\"tessera-.+\"", "job=~\"tesera-.+\"", "looks for job=~\"tesera-.+\""},
	{rules, "max without (instance) (coupon_campaign_coupons)", "max without (instance, pod) (coupon_campaign_coupons)", "tessera:campaign_coupons: rests on the label pod"},
	{rules, "at {{ $labels.instance }} does", "at {{ $labels.pod }} does", "TesseraInstanceDown: rests on the label pod"},
	{monitoringOf, "  - prometheus_rule.yaml\n", "", "rule group tessera-slo: is in no PrometheusRule"},
	// Dashboards.
	{business, "\"title\": \"Tessera business overview\",", "\"title\": \"Tessera business overview,", "invalid character"},
	{business, "\"uid\": \"tessera-business\"", "\"uid\": \"tessera-services\"", "has the uid \"tessera-services\" that tessera-business.json has"},
	{business, "\"title\": \"Tessera business overview\"", "\"title\": \"Tessera services\"", "has the title \"Tessera services\" that tessera-business.json has"},
	{business, "job=~\\\"$job\\\"", "pod=~\\\"$job\\\"", "tessera-business.json: rests on the label pod"},
	{business, "\"refresh\": \"30s\"", "\"refresh\": \"5s\"", "tessera-business.json is not that of deploy/grafana/dashboards"},
	{business, "\"refresh\": \"30s\"", "\"refresh\": \"" + strings.Repeat("3", 1<<20) + "s\"", "bytes are more than kubectl apply can keep"},
	{monitoringOf, "grafana_dashboard: \"1\"", "grafana-dashboard: \"1\"", "dashboard tessera-services.json: is in no ConfigMap that Grafana's sidecar takes"},
	{monitoringOf, "disableNameSuffixHash: true", "disableNameSuffixHash: false", "ConfigMap tessera-dashboard-business-"},
	{monitoringOf, "grafana_folder: Tessera", "grafana_folder: General", "grafana_folder is \"General\", not the folder Tessera"},
	{monitoringOf, "    k8s-sidecar-target-directory: Tessera\n", "", "k8s-sidecar-target-directory is \"\""},
	{monitoringOf, "  - name: tessera-dashboard-services\n    files: [dashboards/tessera-services.json]\n", "", "dashboard tessera-services.json: is in no ConfigMap"},
}
