{{/* Headless: a scraper wants every replica, not one of them. (list root component) */}}
{{- define "sandfleet.metricsService" -}}
{{- $root := index . 0 -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "sandfleet.componentName" . }}-metrics
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "sandfleet.labels" . | nindent 4 }}
    sandfleet.dev/type: metrics
spec:
  type: ClusterIP
  clusterIP: None
  selector:
    {{- include "sandfleet.selectorLabels" . | nindent 4 }}
  ports:
    - name: metrics
      port: 8081
      targetPort: admin
      protocol: TCP
{{- end -}}

{{/* (list root component) */}}
{{- define "sandfleet.serviceMonitor" -}}
{{- $root := index . 0 -}}
{{- $monitor := $root.Values.metrics.serviceMonitor -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ include "sandfleet.componentName" . }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "sandfleet.labels" . | nindent 4 }}
    {{- with $monitor.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  selector:
    matchLabels:
      {{- include "sandfleet.selectorLabels" . | nindent 6 }}
      sandfleet.dev/type: metrics
  endpoints:
    - port: metrics
      path: /metrics
      interval: {{ $monitor.interval }}
{{- end -}}
