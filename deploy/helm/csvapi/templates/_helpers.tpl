{{- define "csvapi.name" -}}
{{- default .Release.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "csvapi.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}
{{- end }}

{{- define "csvapi.selector" -}}
app.kubernetes.io/name: csvapi
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "csvapi.labels" -}}
{{ include "csvapi.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "csvapi.secret" -}}
{{- required "secrets.existingSecret: name a Secret with CSVAPI_SECRET_KEY, CSVAPI_JWT_KEY and the passwords; there is no default" .Values.secrets.existingSecret }}
{{- end }}

{{/* One variable of the Secret; a key that it lacks is an empty variable's default. */}}
{{- define "csvapi.secretEnv" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef: {name: {{ include "csvapi.secret" .root }}, key: {{ .name }}, optional: {{ .optional }}}
{{- end }}

{{/* The settings, with the addresses of bundled servers, sorted by name. */}}
{{- define "csvapi.settings" -}}
{{- $name := include "csvapi.name" . }}
{{- $own := dict }}
{{- if .Values.bundled.mysql.enabled }}{{ $_ := set $own "DB_HOST" (printf "%s-db" $name) }}{{ end }}
{{- if .Values.bundled.redis.enabled }}{{ $_ := set $own "REDIS_HOST" (printf "%s-redis" $name) }}{{ end }}
{{- if .Values.bundled.minio.enabled }}{{ $_ := set $own "CSVAPI_S3_ENDPOINT" (printf "http://%s-minio:9000" $name) }}{{ end }}
{{- if .Values.cluster.enabled }}{{ $_ := set $own "CSVAPI_CLUSTER" (printf "dask://%s-cluster:8786" $name) }}{{ end }}
{{- range $key, $value := .Values.settings }}
- name: {{ $key }}
  value: {{ default (get $own $key) (toString $value) | quote }}
{{- end }}
{{- end }}

{{- define "csvapi.env" -}}
{{- range $name := list "CSVAPI_SECRET_KEY" "CSVAPI_JWT_KEY" }}
{{ include "csvapi.secretEnv" (dict "root" $ "name" $name "optional" false) }}
{{- end }}
{{- range $name := list "CSVAPI_SECRET_KEY_PREVIOUS" "CSVAPI_JWT_KEY_PREVIOUS" "DB_PASSWORD" "DATABASE_URL" "REDIS_PASSWORD" "REDIS_URL" "CSVAPI_S3_SECRET_KEY" "CSVAPI_SMTP_PASSWORD" "CSVAPI_OIDC_CLIENT_SECRET" "CSVAPI_METRICS_TOKEN" "CSVAPI_SENTRY_DSN" }}
{{ include "csvapi.secretEnv" (dict "root" $ "name" $name "optional" true) }}
{{- end }}
{{- include "csvapi.settings" . }}
- name: CSVAPI_STOP_GRACE
  value: 20s
- name: CSVAPI_WORKERS
  value: "1"
{{- end }}

{{- define "csvapi.migrateEnv" -}}
{{ include "csvapi.env" . }}
{{- range $key, $value := .Values.migrate.settings }}
- name: {{ $key }}
  value: {{ toString $value | quote }}
{{- end }}
{{ include "csvapi.secretEnv" (dict "root" . "name" "ADMIN_PASSWORD" "optional" true) }}
{{- end }}

{{/* What every container of csvapi's image may do: nothing but run. */}}
{{- define "csvapi.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "csvapi.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "csvapi.mounts" -}}
- {name: data, mountPath: /data}
- {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "csvapi.volumes" -}}
- name: data
{{- if eq .Values.data.kind "claim" }}
  persistentVolumeClaim: {claimName: {{ default (printf "%s-data" (include "csvapi.name" .)) .Values.data.claim.existingClaim }}}
{{- else }}
{{- if not .Values.settings.CSVAPI_S3_BUCKET }}
{{- fail "data.kind: ephemeral keeps no files: name a bucket in settings.CSVAPI_S3_BUCKET, or set data.kind to claim" }}
{{- end }}
  emptyDir: {sizeLimit: {{ .Values.data.ephemeral.sizeLimit }}}
{{- end }}
- name: tmp
  emptyDir: {sizeLimit: {{ .Values.tmp.sizeLimit }}}
{{- end }}

{{/* The parts of a pod that all programs have; `part` is the program's values. */}}
{{- define "csvapi.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: 40
securityContext: {{- include "csvapi.podSecurity" .root | nindent 2 }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .part.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .part.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .part.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
volumes: {{- include "csvapi.volumes" .root | nindent 2 }}
{{- end }}

{{/* Whether csvapi is alive, as its own program says: it answers the database and the queue, too. */}}
{{- define "csvapi.signs" -}}
startupProbe:
  exec: {command: [csvapi, health, {{ . }}]}
  periodSeconds: 10
  timeoutSeconds: 15
  failureThreshold: 30
livenessProbe:
  exec: {command: [csvapi, health, {{ . }}]}
  periodSeconds: 60
  timeoutSeconds: 15
  failureThreshold: 5
{{- end }}
