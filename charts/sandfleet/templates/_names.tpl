{{/* The base of every object's name; short enough for the longest suffix within 63 characters. */}}
{{- define "sandfleet.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 46 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 46 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 46 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* (list root component) */}}
{{- define "sandfleet.componentName" -}}
{{- printf "%s-%s" (include "sandfleet.fullname" (index . 0)) (index . 1) -}}
{{- end -}}

{{/*
(list root component). The operator's policies let the gateway into sandboxes by these labels, and selectors of
Deployments never change: no value alters them.
*/}}
{{- define "sandfleet.selectorLabels" -}}
app.kubernetes.io/name: sandfleet
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* (list root component) */}}
{{- define "sandfleet.labels" -}}
{{- $root := index . 0 -}}
{{ include "sandfleet.selectorLabels" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{/* (list root component) */}}
{{- define "sandfleet.serviceAccountName" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- default (include "sandfleet.componentName" .) (index $root.Values $component).serviceAccountName -}}
{{- end -}}

{{/* (list root image) where image is {registry, repository, tag, digest} */}}
{{- define "sandfleet.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- $name := $image.repository -}}
{{- if $image.registry -}}
{{- $name = printf "%s/%s" $image.registry $image.repository -}}
{{- end -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $name $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default $root.Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Where helm test makes its sandboxes. */}}
{{- define "sandfleet.testNamespace" -}}
{{- default (default .Release.Namespace .Values.watchNamespace) .Values.test.namespace -}}
{{- end -}}
