{{/* The Service of port 8080. (list root component) */}}
{{- define "sandfleet.service" -}}
{{- $root := index . 0 -}}
{{- $service := (index $root.Values (index . 1)).service -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "sandfleet.componentName" . }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "sandfleet.labels" . | nindent 4 }}
  {{- with $service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ $service.type }}
  selector:
    {{- include "sandfleet.selectorLabels" . | nindent 4 }}
  {{- with $service.externalTrafficPolicy }}
  externalTrafficPolicy: {{ . }}
  {{- end }}
  {{- with $service.loadBalancerSourceRanges }}
  loadBalancerSourceRanges:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  ports:
    - name: http
      port: {{ $service.port }}
      targetPort: http
      protocol: TCP
      appProtocol: http
      {{- with $service.nodePort }}
      nodePort: {{ . }}
      {{- end }}
{{- end -}}

{{/* dict: root, component, hosts */}}
{{- define "sandfleet.ingress" -}}
{{- $root := .root -}}
{{- $ingress := (index $root.Values .component).ingress -}}
{{- $name := include "sandfleet.componentName" (list $root .component) -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "sandfleet.labels" (list $root .component) | nindent 4 }}
  {{- with $ingress.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with $ingress.className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- with $ingress.tls }}
  tls:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    {{- range .hosts }}
    - host: {{ . | quote }}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: {{ $name }}
                port:
                  name: http
    {{- end }}
{{- end -}}

{{/* (list root component) */}}
{{- define "sandfleet.podDisruptionBudget" -}}
{{- $root := index . 0 -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "sandfleet.componentName" . }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "sandfleet.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ (index $root.Values (index . 1)).podDisruptionBudget.maxUnavailable }}
  # A pod that is not ready serves nobody; it does not hold up the draining of its node.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "sandfleet.selectorLabels" . | nindent 6 }}
{{- end -}}

{{/*
Who may connect to a component. dict: root, component, serves, from (peers of port 8080; empty: everybody).
Kubelets probe from the pod's own node, which policies do not cut.
*/}}
{{- define "sandfleet.networkPolicy" -}}
{{- $root := .root -}}
{{- $metricsFrom := $root.Values.networkPolicy.metricsFrom -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "sandfleet.componentName" (list $root .component) }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "sandfleet.labels" (list $root .component) | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "sandfleet.selectorLabels" (list $root .component) | nindent 6 }}
  policyTypes:
    - Ingress
  {{- if or .serves $metricsFrom }}
  ingress:
    {{- if .serves }}
    - ports:
        - port: 8080
          protocol: TCP
      {{- with .from }}
      from:
        {{- toYaml . | nindent 8 }}
        # helm test talks to both Services.
        - podSelector:
            matchLabels:
              {{- include "sandfleet.selectorLabels" (list $root "test") | nindent 14 }}
      {{- end }}
    {{- end }}
    {{- with $metricsFrom }}
    - ports:
        - port: 8081
          protocol: TCP
      from:
        {{- toYaml . | nindent 8 }}
    {{- end }}
  {{- else }}
  ingress: []
  {{- end }}
{{- end -}}
