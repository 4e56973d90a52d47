//SOURCES ../Failure.java ../Units.java BackupDirectory.java Fingerprint.java PgBackRest.java RestoreSource.java
package lib.archive;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import lib.Failure;
import lib.Units;

/**
 * A backup that pgBackRest keeps: what its {@code info} says about it. Its files are read by pgBackRest alone, which
 * compares each with the sum that it wrote down.
 */
public final class StanzaBackup implements RestoreSource {
    public enum Kind {
        FULL, DIFFERENTIAL, INCREMENTAL;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final long USUAL_WAL = 16 << 20;

    private final Builder facts;
    private final List<BackupDirectory.Tablespace> tablespaces;

    private StanzaBackup(Builder facts, List<BackupDirectory.Tablespace> tablespaces) {
        this.facts = facts;
        this.tablespaces = tablespaces;
    }

    static Builder builder() {
        return new Builder();
    }

    /** Filled once, by {@link PgBackRest}. */
    static final class Builder {
        private String stanza;
        private String name;
        private int repository;
        private Kind kind;
        private Instant startedAt;
        private Instant takenAt;
        private long endLsn;
        private long dataBytes;
        private long storedBytes;
        private boolean hasErrors;
        private String server;
        private String system;

        Builder stanza(String value) {
            stanza = value;
            return this;
        }

        Builder name(String label) {
            name = label;
            return this;
        }

        Builder repository(int number) {
            repository = number;
            return this;
        }

        Builder kind(Kind value) {
            kind = value;
            return this;
        }

        Builder startedAt(Instant value) {
            startedAt = value;
            return this;
        }

        Builder takenAt(Instant value) {
            takenAt = value;
            return this;
        }

        Builder endLsn(long value) {
            endLsn = value;
            return this;
        }

        Builder dataBytes(long value) {
            dataBytes = value;
            return this;
        }

        Builder storedBytes(long value) {
            storedBytes = value;
            return this;
        }

        Builder hasErrors(boolean value) {
            hasErrors = value;
            return this;
        }

        /** @param version "15" */
        Builder server(String version, String systemIdentifier) {
            server = version;
            system = systemIdentifier;
            return this;
        }

        StanzaBackup build() {
            return new StanzaBackup(this, List.of());
        }
    }

    StanzaBackup with(List<BackupDirectory.Tablespace> places) {
        return new StanzaBackup(facts, List.copyOf(places));
    }

    /** What a receipt about it is called, beside those of other backups. */
    public String receiptName() {
        return "pgbackrest-" + facts.stanza + "-" + facts.name;
    }

    public String stanza() {
        return facts.stanza;
    }

    /** The number of its repository: repo1 is 1. */
    public int repository() {
        return facts.repository;
    }

    public Kind kind() {
        return facts.kind;
    }

    public Instant startedAt() {
        return facts.startedAt;
    }

    /** What it added to the repository. */
    public long storedBytes() {
        return facts.storedBytes;
    }

    /** pgBackRest met pages whose checksum is wrong when it copied them. */
    public boolean hasErrors() {
        return facts.hasErrors;
    }

    /** Where replay must get to: only there the data is that of one moment. */
    public long endLsn() {
        return facts.endLsn;
    }

    /** "15". */
    public String serverVersion() {
        return facts.server;
    }

    @Override
    public String name() {
        return facts.name;
    }

    @Override
    public String place() {
        return "pgBackRest stanza " + facts.stanza + ", " + facts.name;
    }

    @Override
    public String summary() {
        return "pgBackRest, " + kind().word() + ", PostgreSQL " + facts.server + ", " + Units.bytes(facts.dataBytes)
            + ", taken " + Units.utc(facts.takenAt);
    }

    @Override
    public int major() {
        var number = facts.server.split("\\.")[0];
        if (!number.matches("\\d+")) {
            throw Failure.notReady("pgBackRest does not say which PostgreSQL the backup " + name() + " is of", null);
        }
        return Integer.parseInt(number);
    }

    @Override
    public Instant takenAt() {
        return facts.takenAt;
    }

    @Override
    public long dataBytes() {
        return facts.dataBytes + walBytes();
    }

    /** It is not told; all of it is counted where the data directory goes. */
    @Override
    public long tablespaceBytes(String oid) {
        return 0;
    }

    /** Recovery fetches one segment after the other. */
    @Override
    public long walBytes() {
        return USUAL_WAL;
    }

    @Override
    public List<BackupDirectory.Tablespace> tablespaces() {
        return tablespaces;
    }

    @Override
    public Optional<String> systemIdentifier() {
        return facts.system.isEmpty() ? Optional.empty() : Optional.of(facts.system);
    }

    @Override
    public Fingerprint fingerprint() {
        return null;
    }

    @Override
    public Map<String, String> timescaleVersions() {
        return new TreeMap<>();
    }

    /** pgBackRest's manifest names them, and it restores none without its place. */
    @Override
    public void mustHaveTablespaces() {
        // nothing to look at before it does
    }

    @Override
    public void mustBeReadable() {
        PgBackRest.mustRead(major());
    }
}
