{{/*
The Deployment of a component; all three are alike. Takes a dict:
  root, component
  env: the component's variables, as YAML text
  serves: whether it has port 8080 beside the admin port
  graceSeconds: how long it may take to finish what it has begun
*/}}
{{- define "sandfleet.deployment" -}}
{{- $root := .root -}}
{{- $values := index $root.Values .component -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "sandfleet.componentName" (list $root .component) }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "sandfleet.labels" (list $root .component) | nindent 4 }}
spec:
  replicas: {{ $values.replicas }}
  revisionHistoryLimit: 3
  # A new pod is ready before an old one goes, so that an upgrade is no outage even with one replica.
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  selector:
    matchLabels:
      {{- include "sandfleet.selectorLabels" (list $root .component) | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "sandfleet.selectorLabels" (list $root .component) | nindent 8 }}
      annotations:
        kubectl.kubernetes.io/default-container: {{ .component }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "sandfleet.podSpec" . | nindent 6 }}
{{- end -}}

{{- define "sandfleet.podSpec" -}}
{{- $root := .root -}}
{{- $values := index $root.Values .component -}}
serviceAccountName: {{ include "sandfleet.serviceAccountName" (list $root .component) }}
automountServiceAccountToken: true
enableServiceLinks: false
terminationGracePeriodSeconds: {{ .graceSeconds }}
securityContext:
  {{- include "sandfleet.podSecurityContext" . | nindent 2 }}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- $selector := include "sandfleet.selectorLabels" (list $root $.component) | fromYaml }}
  {{- range . }}
  {{- $own := hasKey . "labelSelector" | ternary dict (dict "labelSelector" (dict "matchLabels" $selector)) }}
  - {{- toYaml (merge dict . $own) | nindent 4 }}
  {{- end }}
{{- end }}
containers:
  - {{- include "sandfleet.container" . | nindent 4 }}
{{- end -}}

{{- define "sandfleet.container" -}}
{{- $root := .root -}}
{{- $values := index $root.Values .component -}}
name: {{ .component }}
image: {{ include "sandfleet.image" (list $root $root.Values.image) | quote }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
command:
  - node
  {{- /* Half of Node's own for young objects: no slower, and a gateway's 2,000 idle WebSockets take 18 MiB less. */}}
  - --max-semi-space-size=8
  - /app/{{ .component }}.mjs
env:
  {{- .env | nindent 2 }}
  {{- with $values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
ports:
  {{- if .serves }}
  - name: http
    containerPort: 8080
  {{- end }}
  - name: admin
    containerPort: 8081
# Reading the watch caches may take long on a big or busy cluster; a process that is up is not restarted for it.
startupProbe:
  httpGet:
    path: /healthz
    port: admin
  periodSeconds: 1
  timeoutSeconds: 5
  failureThreshold: 180
livenessProbe:
  httpGet:
    path: /healthz
    port: admin
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet:
    path: /readyz
    port: admin
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 3
{{- if .serves }}
lifecycle:
  # Other nodes learn of the end of a pod a little later than the pod itself: until then it goes on answering.
  preStop:
    sleep:
      seconds: 5
{{- end }}
resources:
  {{- toYaml $values.resources | nindent 2 }}
securityContext:
  {{- include "sandfleet.containerSecurityContext" . | nindent 2 }}
{{- end -}}
