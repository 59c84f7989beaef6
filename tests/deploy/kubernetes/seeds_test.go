package kubernetes

const (
	deployment   = "base/service/deployment.yaml"
	services     = "base/service/services.yaml"
	availability = "base/service/availability.yaml"
	base         = "base/kustomization.yaml"
	network      = "base/network.yaml"
	development  = "overlays/development/kustomization.yaml"
	production   = "overlays/production/kustomization.yaml"
)

// A text of a file, what stands there by mistake, and what must be said of it.
var seeds = []struct{ file, old, new, finding string }{
	// What the types know.
	{deployment, "readOnlyRootFilesystem", "readonlyRootFilesystem", "unknown field"},
	{deployment, "periodSeconds: 1\n", "periodSecond: 1\n", "unknown field"},
	{availability, "averageUtilization: 70", "averageUtilization: most", "cannot unmarshal string"},
	{network, "podSelector:\n            matchLabels", "podSelectors:\n            matchLabels", "unknown field"},
	{"components/monitoring/pod_monitor.yaml", "podMetricsEndpoints", "podMetricsEndpoint", "unknown field"},
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
	{"components/monitoring/pod_monitor.yaml", "port: http", "port: metrics", "has no port metrics"},
	{"components/monitoring/pod_monitor.yaml", "replacement: tessera-$1", "replacement: $1", "the job of tessera-issuer is"},
	{"components/monitoring/pod_monitor.yaml", "path: /metrics", "path: /prometheus", "answers /prometheus with 404"},
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
}
