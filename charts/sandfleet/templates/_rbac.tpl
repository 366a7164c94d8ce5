{{/*
The rights of a component. Takes a dict:
  root, component
  watched: rules for the namespaces whose Sandboxes it looks after (all of them, or watchNamespace alone)
  own: rules for the release's namespace
*/}}
{{- define "sandfleet.rbac" -}}
{{- $root := .root -}}
{{- $name := include "sandfleet.componentName" (list $root .component) -}}
{{- $watch := $root.Values.watchNamespace -}}
{{- $where := dict "root" $root "component" .component -}}
{{- if $watch -}}
{{- include "sandfleet.role" (merge (dict "name" $name "namespace" $watch "rules" .watched) $where) }}
{{ else -}}
{{- include "sandfleet.role" (merge (dict "name" $name "namespace" "" "rules" .watched) $where) }}
{{ end -}}
{{- include "sandfleet.role" (merge (dict "name" (printf "%s-own" $name) "namespace" $root.Release.Namespace "rules" .own) $where) }}
{{- end -}}

{{/* A Role and its binding in `namespace`; a ClusterRole and its binding where that is empty. */}}
{{- define "sandfleet.role" -}}
{{- $kind := ternary "Role" "ClusterRole" (ne .namespace "") -}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "sandfleet.labels" (list .root .component) | nindent 4 }}
rules:
  {{- .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}Binding
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "sandfleet.labels" (list .root .component) | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $kind }}
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "sandfleet.serviceAccountName" (list .root .component) }}
    namespace: {{ .root.Release.Namespace }}
{{- end -}}

{{/* (list root component) */}}
{{- define "sandfleet.serviceAccount" -}}
{{- $root := index . 0 -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "sandfleet.serviceAccountName" . }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "sandfleet.labels" . | nindent 4 }}
  {{- with $root.Values.serviceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
# Only the pods of this chart ask for the token; another pod that borrows the name gets none by accident.
automountServiceAccountToken: false
{{- end -}}
