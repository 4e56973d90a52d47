//SOURCES BackupDirectory.java Fingerprint.java RestorableBackup.java StanzaBackup.java
package lib.archive;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a data directory is made from: a backup in a directory, or one that pgBackRest keeps. */
public sealed interface RestoreSource permits RestorableBackup, StanzaBackup {
    /** "cluster_backup_20250704_165326", or pgBackRest's label. */
    String name();

    /** Where it is, as a person would look for it: a directory, or a stanza and a label. */
    String place();

    /** One line for people: form, version, size, time. */
    String summary();

    /** Major version of the PostgreSQL that can run it. */
    int major();

    /** When its data was that of one moment. */
    Instant takenAt();

    /** What the data takes on disk, WAL included. */
    long dataBytes();

    /** What is needed beside that while a chain of incremental backups is joined; 0 for all others. */
    default long joinBytes() {
        return 0;
    }

    /** What one tablespace takes of that. */
    long tablespaceBytes(String oid);

    /** What its own WAL takes of that. */
    long walBytes();

    List<BackupDirectory.Tablespace> tablespaces();

    Optional<String> systemIdentifier();

    /** What was written down about the server when it was taken; null where nothing was. */
    Fingerprint fingerprint();

    /** TimescaleDB's version by database; empty when there is none, or nobody wrote it down. */
    Map<String, String> timescaleVersions();

    /** Each tablespace is there, and its old place known. Without them the server starts, and misses the data. */
    void mustHaveTablespaces();

    /** What it is read with is there, tried before any work. */
    void mustBeReadable();
}
