-- What version 0.2.0 inserts.

INSERT INTO users (id, email, password_hash, is_active, is_admin, created_at, last_login_at, max_stored)
VALUES (:id, :key, 'hash', 1, 0, '2026-01-02 03:04:05.678901', NULL, NULL);

INSERT INTO files (id, user_id, name, kind, storage_key, size, sha256, dialect, columns, detection, created_at, expires_at, media_type)
VALUES (:id, :id, 'people.csv', 'upload', :key, 12, 'abc', '{}', '["id"]', NULL, '2026-01-02 03:04:05.678901', '2026-01-02 03:04:05.678901', 'text/csv');

INSERT INTO refresh_families (id, user_id, current_jti, created_at, expires_at, revoked_at)
VALUES (:key, :id, 'jti', '2026-01-02 03:04:05.678901', '2026-01-02 03:04:05.678901', NULL);

INSERT INTO tasks (id, user_id, file_id, result_file_id, label, steps, options, status, attempt, lease_owner, lease_expires_at, cancel_requested, progress, receipt, error_code, error_detail, created_at, queued_at, started_at, finished_at, expires_at, lost, request_id, operation, dropped_file_id, reasons_file_id, announced_at)
VALUES (:key, :id, :id, NULL, NULL, '[{"op":"dedup"}]', '{}', 'queued', 0, NULL, NULL, 0, NULL, NULL, NULL, NULL, '2026-01-02 03:04:05.678901', '2026-01-02 03:04:05.678901', NULL, NULL, '2026-01-02 03:04:05.678901', 0, NULL, 'dedup', NULL, NULL, NULL);

INSERT INTO api_keys (id, user_id, name, hint, secret_hash, created_at, expires_at, last_used_at)
VALUES (:id, :id, 'ci', 'csv_abc', :key, '2026-01-02 03:04:05.678901', NULL, NULL);

INSERT INTO idempotency (user_id, key_hash, fingerprint, owner, locked_until, status, headers, body, expires_at)
VALUES (:id, :key, 'f', 'o', '2026-01-02 03:04:05.678901', NULL, NULL, NULL, '2026-01-02 03:04:05.678901');

INSERT INTO webhooks (id, user_id, url, events, secret, created_at, disabled_at, disabled_reason)
VALUES (:id, :id, 'https://example.com/', '[]', 'sealed', '2026-01-02 03:04:05.678901', NULL, NULL);

INSERT INTO deliveries (id, webhook_id, event, payload, status, attempts, next_at, created_at, expires_at)
VALUES (:key, :id, 'task.succeeded', '{}', 'pending', '[]', NULL, '2026-01-02 03:04:05.678901', '2026-01-02 03:04:05.678901');
