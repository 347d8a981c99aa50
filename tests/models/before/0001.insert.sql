-- What programs of migration 0001 insert.

INSERT INTO users (id, email, password_hash, is_active, is_admin, created_at, last_login_at)
VALUES (:id, :key, 'hash', 1, 0, '2026-01-02 03:04:05.678901', NULL);

INSERT INTO files (id, user_id, name, kind, storage_key, size, sha256, dialect, columns, detection, created_at, expires_at)
VALUES (:id, :id, 'people.csv', 'upload', :key, 12, 'abc', '{}', '["id"]', NULL, '2026-01-02 03:04:05.678901', '2026-01-02 03:04:05.678901');

INSERT INTO refresh_families (id, user_id, current_jti, created_at, expires_at, revoked_at)
VALUES (:key, :id, 'jti', '2026-01-02 03:04:05.678901', '2026-01-02 03:04:05.678901', NULL);

INSERT INTO tasks (id, user_id, file_id, result_file_id, label, steps, options, status, attempt, lease_owner, lease_expires_at, cancel_requested, progress, receipt, error_code, error_detail, created_at, queued_at, started_at, finished_at, expires_at)
VALUES (:key, :id, :id, NULL, NULL, '[{"op":"dedup"}]', '{}', 'queued', 0, NULL, NULL, 0, NULL, NULL, NULL, NULL, '2026-01-02 03:04:05.678901', '2026-01-02 03:04:05.678901', NULL, NULL, '2026-01-02 03:04:05.678901');
