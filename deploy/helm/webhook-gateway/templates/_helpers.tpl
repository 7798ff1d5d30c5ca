{{- define "gateway.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "gateway.selector" -}}
app.kubernetes.io/name: webhook-gateway
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "gateway.labels" -}}
{{ include "gateway.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "gateway.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* What has to be so in a container; what the values say wins. */}}
{{- define "gateway.config" -}}
{{- $drain := printf "%ds" (int .Values.shutdown.drainSeconds) -}}
{{- $delay := printf "%ds" (int .Values.shutdown.delaySeconds) -}}
{{- $base := dict
  "server" (dict "listen" "0.0.0.0:8000" "shutdownDelay" $delay "drain" $drain)
  "admin" (dict "listen" "127.0.0.1:8001")
  "probes" (dict "listen" "0.0.0.0:8002")
  "spool" (dict "dir" "/data/spool")
  "dedupe" (dict "dir" "/data/dedupe")
-}}
{{- with .Values.redis }}
{{- if .url }}
{{- $redis := dict "url" .url "onError" .onError -}}
{{- with .user }}{{- $_ := set $redis "user" . -}}{{- end -}}
{{- if .existingSecret -}}
{{- $_ := set $redis "password" (dict "file" (printf "/run/secrets/%s/%s" .existingSecret .passwordKey)) -}}
{{- end -}}
{{- $_ := set $base.dedupe "redis" $redis -}}
{{- end -}}
{{- end -}}
{{- toYaml (mergeOverwrite $base (deepCopy .Values.config)) -}}
{{- end -}}

{{/* Secrets that are mounted as files. */}}
{{- define "gateway.secretFiles" -}}
{{- $names := .Values.secretFiles -}}
{{- with .Values.redis.existingSecret }}{{- $names = append $names . | uniq -}}{{- end -}}
{{- toJson $names -}}
{{- end -}}

{{- define "gateway.pod" -}}
metadata:
  labels:
    {{- include "gateway.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "gateway.name" . }}
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: {{ .Values.shutdown.gracePeriodSeconds }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 1000
    runAsGroup: 1000
    fsGroup: 1000
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: { type: RuntimeDefault }
  containers:
    - name: gateway
      image: {{ include "gateway.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [start, --watch]
      env:
        - name: GATEWAY_CONFIG
          value: /etc/gateway/gateway.yaml
        {{- range $name, $value := .Values.env }}
        - name: {{ $name }}
          value: {{ $value | quote }}
        {{- end }}
      {{- if or .Values.envFromSecrets .Values.secretValues }}
      envFrom:
        {{- range .Values.envFromSecrets }}
        - secretRef: { name: {{ . }} }
        {{- end }}
        {{- if .Values.secretValues }}
        - secretRef: { name: {{ include "gateway.name" . }} }
        {{- end }}
      {{- end }}
      ports:
        - { name: http, containerPort: 8000 }
        - { name: probes, containerPort: 8002 }
      startupProbe:
        httpGet: { path: /health, port: probes }
        periodSeconds: 2
        failureThreshold: 60
      livenessProbe:
        httpGet: { path: /health, port: probes }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /ready, port: probes }
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: 1
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - { name: config, mountPath: /etc/gateway, readOnly: true }
        - { name: data, mountPath: /data }
        - { name: tmp, mountPath: /tmp }
        {{- range (include "gateway.secretFiles" . | fromJsonArray) }}
        - { name: secret-{{ . }}, mountPath: /run/secrets/{{ . }}, readOnly: true }
        {{- end }}
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: config
      configMap: { name: {{ .Values.existingConfigMap | default (include "gateway.name" .) }} }
    - name: tmp
      emptyDir: {}
    {{- if eq .Values.kind "Deployment" }}
    - name: data
      emptyDir: {}
    {{- end }}
    {{- range (include "gateway.secretFiles" . | fromJsonArray) }}
    - name: secret-{{ . }}
      secret: { secretName: {{ . }}, defaultMode: 0440 }
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- if .Values.topologySpread }}
  topologySpreadConstraints:
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "gateway.selector" $ | nindent 10 }}
    {{- end }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
