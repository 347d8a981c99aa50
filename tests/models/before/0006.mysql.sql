-- What MariaDB says of a database of version 0.2.0, without engine and collation; MySQL takes it, too.

CREATE TABLE `users` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `email` varchar(254) NOT NULL,
  `password_hash` varchar(255) NOT NULL,
  `is_active` tinyint(1) NOT NULL,
  `is_admin` tinyint(1) NOT NULL,
  `created_at` datetime(6) NOT NULL,
  `last_login_at` datetime(6) DEFAULT NULL,
  `max_stored` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_users_email` (`email`)
);

CREATE TABLE `files` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `user_id` bigint(20) NOT NULL,
  `name` varchar(255) NOT NULL,
  `kind` varchar(10) NOT NULL,
  `storage_key` varchar(64) NOT NULL,
  `size` bigint(20) NOT NULL,
  `sha256` varchar(64) NOT NULL,
  `dialect` longtext NOT NULL,
  `columns` longtext NOT NULL,
  `detection` longtext DEFAULT NULL,
  `created_at` datetime(6) NOT NULL,
  `expires_at` datetime(6) NOT NULL,
  `media_type` varchar(100) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_files_storage_key` (`storage_key`),
  KEY `ix_files_expires_at` (`expires_at`),
  KEY `ix_files_user_id` (`user_id`),
  CONSTRAINT `fk_files_user_id` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
);

CREATE TABLE `refresh_families` (
  `id` varchar(36) NOT NULL,
  `user_id` bigint(20) NOT NULL,
  `current_jti` varchar(36) NOT NULL,
  `created_at` datetime(6) NOT NULL,
  `expires_at` datetime(6) NOT NULL,
  `revoked_at` datetime(6) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `ix_refresh_families_expires_at` (`expires_at`),
  KEY `ix_refresh_families_user_id` (`user_id`),
  CONSTRAINT `fk_refresh_families_user_id` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
);

CREATE TABLE `tasks` (
  `id` varchar(36) NOT NULL,
  `user_id` bigint(20) NOT NULL,
  `file_id` bigint(20) DEFAULT NULL,
  `result_file_id` bigint(20) DEFAULT NULL,
  `label` varchar(200) DEFAULT NULL,
  `steps` longtext NOT NULL,
  `options` longtext NOT NULL,
  `status` varchar(10) NOT NULL,
  `attempt` int(11) NOT NULL,
  `lease_owner` varchar(100) DEFAULT NULL,
  `lease_expires_at` datetime(6) DEFAULT NULL,
  `cancel_requested` tinyint(1) NOT NULL,
  `progress` longtext DEFAULT NULL,
  `receipt` longtext DEFAULT NULL,
  `error_code` varchar(50) DEFAULT NULL,
  `error_detail` text DEFAULT NULL,
  `created_at` datetime(6) NOT NULL,
  `queued_at` datetime(6) DEFAULT NULL,
  `started_at` datetime(6) DEFAULT NULL,
  `finished_at` datetime(6) DEFAULT NULL,
  `expires_at` datetime(6) NOT NULL,
  `lost` int(11) NOT NULL,
  `request_id` varchar(64) DEFAULT NULL,
  `operation` varchar(20) NOT NULL,
  `dropped_file_id` bigint(20) DEFAULT NULL,
  `reasons_file_id` bigint(20) DEFAULT NULL,
  `announced_at` datetime(6) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `ix_tasks_expires_at` (`expires_at`),
  KEY `ix_tasks_file_id` (`file_id`),
  KEY `ix_tasks_result_file_id` (`result_file_id`),
  KEY `ix_tasks_status_lease` (`status`,`lease_expires_at`),
  KEY `ix_tasks_user_id_status` (`user_id`,`status`),
  KEY `ix_tasks_status_operation` (`status`,`operation`),
  KEY `ix_tasks_dropped_file_id` (`dropped_file_id`),
  KEY `ix_tasks_reasons_file_id` (`reasons_file_id`),
  KEY `ix_tasks_announced_at` (`announced_at`),
  CONSTRAINT `fk_tasks_dropped_file_id` FOREIGN KEY (`dropped_file_id`) REFERENCES `files` (`id`) ON DELETE SET NULL,
  CONSTRAINT `fk_tasks_file_id` FOREIGN KEY (`file_id`) REFERENCES `files` (`id`) ON DELETE SET NULL,
  CONSTRAINT `fk_tasks_reasons_file_id` FOREIGN KEY (`reasons_file_id`) REFERENCES `files` (`id`) ON DELETE SET NULL,
  CONSTRAINT `fk_tasks_result_file_id` FOREIGN KEY (`result_file_id`) REFERENCES `files` (`id`) ON DELETE SET NULL,
  CONSTRAINT `fk_tasks_user_id` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
);

CREATE TABLE `api_keys` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `user_id` bigint(20) NOT NULL,
  `name` varchar(100) NOT NULL,
  `hint` varchar(12) NOT NULL,
  `secret_hash` varchar(64) NOT NULL,
  `created_at` datetime(6) NOT NULL,
  `expires_at` datetime(6) DEFAULT NULL,
  `last_used_at` datetime(6) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_api_keys_secret_hash` (`secret_hash`),
  KEY `ix_api_keys_user_id` (`user_id`),
  CONSTRAINT `fk_api_keys_user_id` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
);

CREATE TABLE `idempotency` (
  `user_id` bigint(20) NOT NULL,
  `key_hash` varchar(64) NOT NULL,
  `fingerprint` varchar(64) NOT NULL,
  `owner` varchar(36) NOT NULL,
  `locked_until` datetime(6) NOT NULL,
  `status` int(11) DEFAULT NULL,
  `headers` longtext DEFAULT NULL,
  `body` longtext DEFAULT NULL,
  `expires_at` datetime(6) NOT NULL,
  PRIMARY KEY (`user_id`,`key_hash`),
  KEY `ix_idempotency_expires_at` (`expires_at`),
  CONSTRAINT `fk_idempotency_user_id` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
);

CREATE TABLE `webhooks` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `user_id` bigint(20) NOT NULL,
  `url` varchar(2000) NOT NULL,
  `events` longtext NOT NULL,
  `secret` text NOT NULL,
  `created_at` datetime(6) NOT NULL,
  `disabled_at` datetime(6) DEFAULT NULL,
  `disabled_reason` varchar(200) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `ix_webhooks_user_id` (`user_id`),
  CONSTRAINT `fk_webhooks_user_id` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
);

CREATE TABLE `deliveries` (
  `id` varchar(40) NOT NULL,
  `webhook_id` bigint(20) NOT NULL,
  `event` varchar(50) NOT NULL,
  `payload` longtext NOT NULL,
  `status` varchar(10) NOT NULL,
  `attempts` longtext NOT NULL,
  `next_at` datetime(6) DEFAULT NULL,
  `created_at` datetime(6) NOT NULL,
  `expires_at` datetime(6) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `ix_deliveries_webhook_id_created_at` (`webhook_id`,`created_at`),
  KEY `ix_deliveries_next_at` (`next_at`),
  KEY `ix_deliveries_expires_at` (`expires_at`),
  CONSTRAINT `fk_deliveries_webhook_id` FOREIGN KEY (`webhook_id`) REFERENCES `webhooks` (`id`) ON DELETE CASCADE
);
