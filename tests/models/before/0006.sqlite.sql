-- What SQLite says of a database of version 0.2.0.

CREATE TABLE users (
    id INTEGER NOT NULL,
    email VARCHAR(254) NOT NULL,
    password_hash VARCHAR(255) NOT NULL,
    is_active BOOLEAN NOT NULL,
    is_admin BOOLEAN NOT NULL,
    created_at DATETIME NOT NULL,
    last_login_at DATETIME, max_stored BIGINT,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT uq_users_email UNIQUE (email)
);

CREATE TABLE "files" (
    id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    name VARCHAR(255) NOT NULL,
    kind VARCHAR(10) NOT NULL,
    storage_key VARCHAR(64) NOT NULL,
    size BIGINT NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    dialect TEXT NOT NULL,
    columns TEXT NOT NULL,
    detection TEXT,
    created_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL,
    media_type VARCHAR(100) NOT NULL,
    CONSTRAINT pk_files PRIMARY KEY (id),
    CONSTRAINT uq_files_storage_key UNIQUE (storage_key),
    CONSTRAINT fk_files_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_files_expires_at ON files (expires_at);

CREATE INDEX ix_files_user_id ON files (user_id);

CREATE TABLE refresh_families (
    id VARCHAR(36) NOT NULL,
    user_id INTEGER NOT NULL,
    current_jti VARCHAR(36) NOT NULL,
    created_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL,
    revoked_at DATETIME,
    CONSTRAINT pk_refresh_families PRIMARY KEY (id),
    CONSTRAINT fk_refresh_families_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_refresh_families_expires_at ON refresh_families (expires_at);

CREATE INDEX ix_refresh_families_user_id ON refresh_families (user_id);

CREATE TABLE "tasks" (
    id VARCHAR(36) NOT NULL,
    user_id INTEGER NOT NULL,
    file_id INTEGER,
    result_file_id INTEGER,
    label VARCHAR(200),
    steps TEXT NOT NULL,
    options TEXT NOT NULL,
    status VARCHAR(10) NOT NULL,
    attempt INTEGER NOT NULL,
    lease_owner VARCHAR(100),
    lease_expires_at DATETIME,
    cancel_requested BOOLEAN NOT NULL,
    progress TEXT,
    receipt TEXT,
    error_code VARCHAR(50),
    error_detail TEXT,
    created_at DATETIME NOT NULL,
    queued_at DATETIME,
    started_at DATETIME,
    finished_at DATETIME,
    expires_at DATETIME NOT NULL,
    lost INTEGER NOT NULL,
    request_id VARCHAR(64),
    operation VARCHAR(20) NOT NULL,
    dropped_file_id INTEGER,
    reasons_file_id INTEGER,
    announced_at DATETIME,
    CONSTRAINT pk_tasks PRIMARY KEY (id),
    CONSTRAINT fk_tasks_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_tasks_file_id FOREIGN KEY(file_id) REFERENCES files (id) ON DELETE SET NULL,
    CONSTRAINT fk_tasks_result_file_id FOREIGN KEY(result_file_id) REFERENCES files (id) ON DELETE SET NULL,
    CONSTRAINT fk_tasks_dropped_file_id FOREIGN KEY(dropped_file_id) REFERENCES files (id) ON DELETE SET NULL,
    CONSTRAINT fk_tasks_reasons_file_id FOREIGN KEY(reasons_file_id) REFERENCES files (id) ON DELETE SET NULL
);

CREATE INDEX ix_tasks_announced_at ON tasks (announced_at);

CREATE INDEX ix_tasks_dropped_file_id ON tasks (dropped_file_id);

CREATE INDEX ix_tasks_expires_at ON tasks (expires_at);

CREATE INDEX ix_tasks_file_id ON tasks (file_id);

CREATE INDEX ix_tasks_reasons_file_id ON tasks (reasons_file_id);

CREATE INDEX ix_tasks_result_file_id ON tasks (result_file_id);

CREATE INDEX ix_tasks_status_lease ON tasks (status, lease_expires_at);

CREATE INDEX ix_tasks_status_operation ON tasks (status, operation);

CREATE INDEX ix_tasks_user_id_status ON tasks (user_id, status);

CREATE TABLE api_keys (
    id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    name VARCHAR(100) NOT NULL,
    hint VARCHAR(12) NOT NULL,
    secret_hash VARCHAR(64) NOT NULL,
    created_at DATETIME NOT NULL,
    expires_at DATETIME,
    last_used_at DATETIME,
    CONSTRAINT pk_api_keys PRIMARY KEY (id),
    CONSTRAINT fk_api_keys_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_api_keys_secret_hash UNIQUE (secret_hash)
);

CREATE INDEX ix_api_keys_user_id ON api_keys (user_id);

CREATE TABLE idempotency (
    user_id INTEGER NOT NULL,
    key_hash VARCHAR(64) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    owner VARCHAR(36) NOT NULL,
    locked_until DATETIME NOT NULL,
    status INTEGER,
    headers TEXT,
    body TEXT,
    expires_at DATETIME NOT NULL,
    CONSTRAINT pk_idempotency PRIMARY KEY (user_id, key_hash),
    CONSTRAINT fk_idempotency_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_idempotency_expires_at ON idempotency (expires_at);

CREATE TABLE webhooks (
    id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    url VARCHAR(2000) NOT NULL,
    events TEXT NOT NULL,
    secret TEXT NOT NULL,
    created_at DATETIME NOT NULL,
    disabled_at DATETIME,
    disabled_reason VARCHAR(200),
    CONSTRAINT pk_webhooks PRIMARY KEY (id),
    CONSTRAINT fk_webhooks_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_webhooks_user_id ON webhooks (user_id);

CREATE TABLE deliveries (
    id VARCHAR(40) NOT NULL,
    webhook_id INTEGER NOT NULL,
    event VARCHAR(50) NOT NULL,
    payload TEXT NOT NULL,
    status VARCHAR(10) NOT NULL,
    attempts TEXT NOT NULL,
    next_at DATETIME,
    created_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL,
    CONSTRAINT pk_deliveries PRIMARY KEY (id),
    CONSTRAINT fk_deliveries_webhook_id FOREIGN KEY(webhook_id) REFERENCES webhooks (id) ON DELETE CASCADE
);

CREATE INDEX ix_deliveries_expires_at ON deliveries (expires_at);

CREATE INDEX ix_deliveries_next_at ON deliveries (next_at);

CREATE INDEX ix_deliveries_webhook_id_created_at ON deliveries (webhook_id, created_at);
