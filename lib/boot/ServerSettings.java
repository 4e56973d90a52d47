package lib.boot;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What becomes of each server setting when a copy is booted: the decision about every setting of context postmaster,
 * sighup and internal of PostgreSQL 14 to 18, and of the libraries that are often preloaded.
 *
 * <p>A copy runs under a configuration of our own, so nothing of the original's is taken over but what stands here as
 * KEPT. A setting that is not in this table (a newer one, one of an unknown library) is therefore not taken over
 * either.
 */
public final class ServerSettings {
    public enum Decision {
        /** Written into our configuration with the value beside it; "@…" is filled in at boot. */
        OURS,
        /** The data or its recovery needs it: taken from pg_control, where the original wrote down its value. */
        KEPT,
        /** Not taken over: the server's built-in default. */
        DEFAULT,
        /** A fact of the data or of the server program, no choice. */
        FIXED
    }

    /**
     * @param value of OURS; "@run", "@data" and the like stand for what is known at boot only
     * @param since the first major version that knows it
     * @param until the last one
     */
    public record Setting(String name, Decision decision, String value, int since, int until, String reason) {}

    private static final String TABLE =
        """
            # names, on as many lines as they need | decision | value | versions | reason
            data_directory                  | OURS    | @data      |     | the original's line would boot the original
            config_file hba_file ident_file external_pid_file
                                            | OURS    | @run       |     | ours, in the server's run directory
            unix_socket_directories         | OURS    | @run       |     | the only way in
            unix_socket_permissions         | OURS    | 0700       |     | the only way in, for its owner
            unix_socket_group bonjour bonjour_name
                                            | DEFAULT |            |     | nobody is told of the copy
            listen_addresses                | OURS    |            |     | no TCP: nobody meets the copy
            port                            | OURS    | 5432       |     | only names the socket file
            cluster_name                    | OURS    | copy of a backup |     | seen in the process list
            ssl                             | OURS    | off        |     | its key and certificates may lie elsewhere
            ssl_ca_file ssl_cert_file ssl_key_file ssl_crl_file ssl_crl_dir ssl_dh_params_file ssl_ciphers
            ssl_ecdh_curve
                                            | DEFAULT |            |     | not read while ssl is off
            ssl_groups ssl_tls13_ciphers    | DEFAULT |            | 18- | not read while ssl is off
            ssl_min_protocol_version ssl_max_protocol_version ssl_prefer_server_ciphers
                                            | DEFAULT |            |     | not read while ssl is off
            ssl_passphrase_command ssl_passphrase_command_supports_reload
                                            | DEFAULT |            |     | runs a program
            oauth_validator_libraries       | DEFAULT |            | 18- | loads a library
            krb_server_keyfile krb_caseins_users gss_accept_delegation db_user_namespace authentication_timeout
            pre_auth_delay
                                            | DEFAULT |            |     | the socket asks for no password
            archive_mode
                | OURS    | off        |     | else a copy writes into the original's archive
            archive_command                 | OURS    |            |     | runs a program of the original
            archive_library                 | OURS    |            | 15- | loads a library that writes elsewhere
            archive_timeout                 | DEFAULT |            |     | nothing is archived
            restore_command archive_cleanup_command recovery_end_command
                                            | OURS    |            |     | each runs a program of the original
            primary_conninfo primary_slot_name
                                            | OURS    |            |     | a copy follows nobody
            recovery_target recovery_target_action recovery_target_inclusive recovery_target_lsn recovery_target_name
                                            | DEFAULT |            |     | left over from an earlier restore
            recovery_target_time recovery_target_timeline recovery_target_xid recovery_min_apply_delay
                                            | DEFAULT |            |     | left over from an earlier restore
            promote_trigger_file            | DEFAULT |            | -15 | a path of the original
            hot_standby
                | OURS    | off        |     | a copy is no standby, and needs no sizes of its primary
            hot_standby_feedback max_standby_archive_delay max_standby_streaming_delay
                                            | DEFAULT |            |     | a copy is no standby
            wal_receiver_create_temp_slot wal_receiver_status_interval wal_receiver_timeout wal_retrieve_retry_interval
                                            | DEFAULT |            |     | a copy is no standby
            sync_replication_slots synchronized_standby_slots
                                            | DEFAULT |            | 17- | a copy is no standby
            synchronous_standby_names
                | OURS    |            |     | else every commit waits for a standby that is not there
            max_logical_replication_workers
                | OURS    | 0          |     | subscriptions would take the original's place at their publisher
            max_sync_workers_per_subscription max_parallel_apply_workers_per_subscription
                                            | DEFAULT |            |     | no subscription runs
            max_replication_slots
                | OURS    | 1000       |     | origins of many subscriptions must find room, or the server stops
            max_active_replication_origins
                | OURS    | 1000       | 18- | origins of many subscriptions must find room, or the server stops
            max_wal_senders                 | OURS    | 0          |     | nobody streams from a copy
            max_slot_wal_keep_size wal_keep_size idle_replication_slot_timeout summarize_wal wal_summary_keep_time
                                            | DEFAULT |            |     | nobody streams from a copy
            shared_preload_libraries
                | OURS    | @timescale |  | TimescaleDB if the data needs it; others may write elsewhere or run workers
            session_preload_libraries local_preload_libraries
                                            | OURS    |            |     | a library of the original in every session
            jit_provider                    | DEFAULT |            |     | loads a library
            jit                             | OURS    | off        |     | short questions only
            event_triggers
                | OURS    | off        | 17- | a trigger on login or DDL would run the original's code
            autovacuum                      | OURS    | off        |     | the copy is read as it is
            autovacuum_analyze_scale_factor autovacuum_analyze_threshold autovacuum_max_workers autovacuum_naptime
                                            | DEFAULT |            |     | autovacuum is off
            autovacuum_vacuum_cost_delay autovacuum_vacuum_cost_limit autovacuum_vacuum_insert_scale_factor
                                            | DEFAULT |            |     | autovacuum is off
            autovacuum_vacuum_insert_threshold autovacuum_vacuum_scale_factor autovacuum_vacuum_threshold
                                            | DEFAULT |            |     | autovacuum is off
            autovacuum_work_mem autovacuum_freeze_max_age autovacuum_multixact_freeze_max_age
            log_autovacuum_min_duration
                                            | DEFAULT |            |     | autovacuum is off
            autovacuum_worker_slots autovacuum_vacuum_max_threshold
                                            | DEFAULT |            | 18- | autovacuum is off
            vacuum_defer_cleanup_age        | DEFAULT |            | -15 | autovacuum is off
            old_snapshot_threshold          | DEFAULT |            | -16 | autovacuum is off
            fsync                           | OURS    | off        |     | a copy is thrown away
            full_page_writes wal_sync_method wal_log_hints data_sync_retry
                                            | DEFAULT |            |     | a copy is thrown away
            recovery_init_sync_method recovery_prefetch wal_decode_buffer_size
                                            | DEFAULT |            |     | speed only
            shared_buffers                  | OURS    | 64MB       |     | the original may have had far more memory
            huge_pages                      | OURS    | off        |     | the original may have had them reserved
            huge_page_size min_dynamic_shared_memory shared_memory_type
                                            | DEFAULT |            |     | the original's memory, not ours
            dynamic_shared_memory_type      | OURS    | @memory    |     | files where /dev/shm is missing
            wal_buffers commit_timestamp_buffers multixact_member_buffers multixact_offset_buffers notify_buffers
                                            | DEFAULT |            |     | the original's memory, not ours
            serializable_buffers subtransaction_buffers transaction_buffers max_notify_queue_pages
                                            | DEFAULT |            |     | the original's memory, not ours
            io_method io_workers io_max_concurrency io_max_combine_limit debug_io_direct file_extend_method
                                            | DEFAULT |            |     | what the kernel of the original could do
            max_files_per_process           | DEFAULT |            |     | what the system of the original allowed
            wal_level                       | DEFAULT |            |     | replica; recovery reads what is there
            min_wal_size max_wal_size checkpoint_timeout checkpoint_completion_target checkpoint_flush_after
            checkpoint_warning
                                            | DEFAULT |            |     | speed only
            bgwriter_delay bgwriter_flush_after bgwriter_lru_maxpages bgwriter_lru_multiplier wal_writer_delay
            wal_writer_flush_after
                                            | DEFAULT |            |     | speed only
            max_connections
                | KEPT    | max_connections setting |     | sizes the lock table with max_locks_per_transaction
            superuser_reserved_connections reserved_connections
                                            | DEFAULT |            |     | must be below max_connections
            max_worker_processes
                | KEPT    | max_worker_processes setting |     | parallel queries; workers of libraries are not loaded
            max_prepared_transactions
                | KEPT    | max_prepared_xacts setting |     | recovery stops when a prepared transaction finds no room
            max_locks_per_transaction
                | KEPT    | max_locks_per_xact setting |     | a hypertable of many chunks takes a lock for each
            track_commit_timestamp
                | KEPT    | track_commit_timestamp setting |     | else the recorded times are dropped
            max_pred_locks_per_transaction max_pred_locks_per_page max_pred_locks_per_relation
                                            | DEFAULT |            |     | for SERIALIZABLE only
            logging_collector               | OURS    | off        |     | the log is read by us
            log_destination
                | OURS    | stderr     |     | the log is read by us; no syslog, no file of the original
            log_line_prefix                 | OURS    | @prefix    |     | the log is read by us
            log_min_messages                | OURS    | log        |     | the log is read by us
            lc_messages                     | OURS    | C          |     | the log is read by us
            log_statement                   | OURS    | none       |     | our questions are no news
            log_directory log_filename log_file_mode log_rotation_age log_rotation_size log_truncate_on_rotation
                                            | DEFAULT |            |     | would write among the original's logs
            syslog_facility syslog_ident syslog_sequence_numbers syslog_split_messages event_source
                                            | DEFAULT |            |     | would write among the original's logs
            log_checkpoints log_hostname log_recovery_conflict_waits log_startup_progress_interval log_timezone
                                            | DEFAULT |            |     | the log is read by us
            trace_recovery_messages trace_connection_negotiation
                                            | DEFAULT |            |     | the log is read by us
            stats_temp_directory            | DEFAULT |            | -14 | a path of the original
            restart_after_crash remove_temp_files_after_crash send_abort_for_crash send_abort_for_kill
                                            | DEFAULT |            |     | as built in
            allow_alter_system track_activity_query_size
                                            | DEFAULT |            |     | as built in
            ignore_invalid_pages            | DEFAULT |            |     | would hide damage
            block_size segment_size wal_block_size wal_segment_size data_checksums data_directory_mode
                                            | FIXED   |            |     | of the data
            lc_collate lc_ctype server_encoding
                                            | FIXED   |            |     | of the data
            server_version server_version_num debug_assertions integer_datetimes ssl_library
                                            | FIXED   |            |     | of the program
            max_function_args max_identifier_length max_index_keys in_hot_standby
                                            | FIXED   |            |     | of the program
            shared_memory_size shared_memory_size_in_huge_pages huge_pages_status num_os_semaphores
                                            | FIXED   |            |     | follow from others
            timescaledb.max_background_workers
                                            | OURS    | 0          |     | jobs would run within seconds
            timescaledb.telemetry_level     | OURS    | off        |     | a copy tells nobody that it exists
            timescaledb.bgw_launcher_poll_time timescaledb.bgw_scheduler_restart_time
                                            | DEFAULT |            |     | no job runs
            timescaledb.restoring timescaledb.license timescaledb.last_tuned timescaledb.last_tuned_version
                                            | DEFAULT |            |     | as built in
            cron.launch_active_jobs
                | OURS    | off        |     | the library is not loaded, and if it were, no job would run
            cron.database_name cron.host cron.use_background_workers cron.max_running_jobs cron.log_run
            cron.log_statement cron.timezone
                | DEFAULT |            |     | the library is not loaded: its jobs connect to cron.host
            cron.enable_superuser_jobs cron.log_min_messages
                                            | DEFAULT |            |     | the library is not loaded
            pg_stat_statements.max pg_stat_statements.save pg_stat_statements.track pg_stat_statements.track_utility
                | DEFAULT |            |     | the library is not loaded: our questions are no statistics
            pg_stat_statements.track_planning
                                            | DEFAULT |            |     | the library is not loaded
            pglogical.conflict_resolution pglogical.synchronous_commit pglogical.use_spi pglogical.batch_inserts
                | DEFAULT |  |  | the library is not loaded: it would take the original's place at its provider
            pglogical.temp_directory pglogical.extra_connection_options pglogical.conflict_log_level
                                            | DEFAULT |            |     | the library is not loaded
            """;

    /** By name, in the order of the table. */
    private static final Map<String, Setting> SETTINGS = parse();

    private ServerSettings() {}

    /** Every setting that was decided. */
    public static List<Setting> all() {
        return List.copyOf(SETTINGS.values());
    }

    /** What a server of this version is told, OURS and KEPT. */
    static List<Setting> forMajor(int major) {
        return SETTINGS.values()
            .stream()
            .filter(s -> s.decision() == Decision.OURS || s.decision() == Decision.KEPT)
            .filter(s -> s.since() <= major && major <= s.until())
            .toList();
    }

    private static Map<String, Setting> parse() {
        var settings = new LinkedHashMap<String, Setting>();
        var names = "";
        for (var line : TABLE.lines().filter(l -> !l.startsWith("#")).toList()) {
            names += " " + line.split("\\|", 2)[0];
            if (!line.contains("|")) continue;
            var cells = new ArrayList<String>();
            for (var cell : line.split("\\|", 5)) cells.add(cell.strip());
            var versions = (cells.get(3) + " ").split("-", 2);
            for (var name : names.strip().split(" +")) {
                settings.put(
                    name,
                    new Setting(
                        name,
                        Decision.valueOf(cells.get(1)),
                        cells.get(2),
                        number(versions[0], 0),
                        versions.length < 2 ? Integer.MAX_VALUE : number(versions[1], Integer.MAX_VALUE),
                        cells.get(4)));
            }
            names = "";
        }
        return settings;
    }

    private static int number(String text, int otherwise) {
        return text.isBlank() ? otherwise : Integer.parseInt(text.strip());
    }
}
