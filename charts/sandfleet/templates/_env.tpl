{{/*
The base URL that the operator and the api name sandboxes by. With neither a URL nor a domain it is the gateway's own address
inside the cluster, so that a sandbox always has a URL that somebody can use. The gateway itself then gets none, and so
answers under any address of its own, as through a port-forward.
*/}}
{{- define "sandfleet.gatewayUrl" -}}
{{- $gateway := .Values.gateway -}}
{{- if or $gateway.url $gateway.domain -}}
{{- $gateway.url -}}
{{- else -}}
{{- printf "http://%s.%s.svc:%v" (include "sandfleet.componentName" (list . "gateway")) .Release.Namespace $gateway.service.port -}}
{{- end -}}
{{- end -}}

{{- define "sandfleet.env.common" -}}
- name: SANDFLEET_NAMESPACE
  value: {{ .Release.Namespace | quote }}
- name: SANDFLEET_WATCH_NAMESPACE
  value: {{ .Values.watchNamespace | quote }}
- name: SANDFLEET_GATEWAY_DOMAIN
  value: {{ .Values.gateway.domain | quote }}
- name: LOG_LEVEL
  value: {{ .Values.logLevel | quote }}
{{- end -}}

{{/* What the minting side (api) and the verifying side (gateway) must agree on. */}}
{{- define "sandfleet.env.tokens" -}}
- name: SANDFLEET_ISSUER
  value: {{ .Values.tokens.issuer | quote }}
- name: SANDFLEET_KEYS_SECRET
  value: {{ .Values.tokens.keysSecret | quote }}
- name: SANDFLEET_TOKEN_MAX_TTL_SECONDS
  value: {{ .Values.tokens.maxTtlSeconds | int | quote }}
{{- end -}}
