{{/* What values.schema.json cannot say: rules between two values. Each sentence names both and says what to do. */}}
{{- define "sandfleet.validate" -}}
{{- $values := .Values -}}
{{- if gt (int $values.tokens.ttlSeconds) (int $values.tokens.maxTtlSeconds) -}}
{{- fail (printf "tokens.ttlSeconds (%v) must not be more than tokens.maxTtlSeconds (%v)" $values.tokens.ttlSeconds $values.tokens.maxTtlSeconds) -}}
{{- end -}}
{{- if and (gt (int $values.operator.replicas) 1) (not $values.operator.leaderElection) -}}
{{- fail "operator.replicas is more than 1, so operator.leaderElection must be true: two operators would fight over every sandbox" -}}
{{- end -}}
{{- if and $values.api.ingress.enabled (not $values.api.ingress.hosts) -}}
{{- fail "api.ingress.enabled needs api.ingress.hosts: list the host names of the API" -}}
{{- end -}}
{{- if and $values.gateway.ingress.enabled (not $values.gateway.ingress.hosts) (not $values.gateway.domain) -}}
{{- fail "gateway.ingress.enabled needs gateway.domain (for a wildcard host) or gateway.ingress.hosts" -}}
{{- end -}}
{{- if and $values.watchNamespace $values.test.namespace (ne $values.watchNamespace $values.test.namespace) -}}
{{- fail (printf "test.namespace (%s) must be watchNamespace (%s) or empty: no sandbox of another namespace is looked after" $values.test.namespace $values.watchNamespace) -}}
{{- end -}}
{{- range $component := list "operator" "api" "gateway" -}}
{{- if and (not $values.serviceAccount.create) (not (index $values $component).serviceAccountName) -}}
{{- fail (printf "serviceAccount.create is false, so %s.serviceAccountName must name the account to use" $component) -}}
{{- end -}}
{{- end -}}
{{- range $component := list "api" "gateway" -}}
{{- $service := (index $values $component).service -}}
{{- if and $service.nodePort (eq $service.type "ClusterIP") -}}
{{- fail (printf "%s.service.nodePort needs %s.service.type NodePort or LoadBalancer" $component $component) -}}
{{- end -}}
{{- if and $service.externalTrafficPolicy (eq $service.type "ClusterIP") -}}
{{- fail (printf "%s.service.externalTrafficPolicy needs %s.service.type NodePort or LoadBalancer" $component $component) -}}
{{- end -}}
{{- if and $service.loadBalancerSourceRanges (ne $service.type "LoadBalancer") -}}
{{- fail (printf "%s.service.loadBalancerSourceRanges needs %s.service.type LoadBalancer" $component $component) -}}
{{- end -}}
{{- end -}}
{{- end -}}
