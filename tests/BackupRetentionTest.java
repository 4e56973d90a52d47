import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import lib.Failure;
import lib.archive.BackupDirectory;
import lib.archive.Checksum;
import lib.archive.Fingerprint;
import lib.archive.Manifest;
import lib.archive.Receipt;
import lib.backup.BackupCheck;
import lib.backup.BackupList;
import lib.backup.LockedBackups;
import lib.backup.Retention;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which backups may go: the mistakes that cost people their last verified one. */
@Tag("unit")
class BackupRetentionTest {
    private static final Instant NOW = Instant.parse("2025-07-31T12:00:00Z");

    @TempDir
    Path directory;

    @Test
    void the_newest_good_ones_stay() throws IOException {
        for (int day = 1; day <= 5; day++) backup("2025070" + day + "_000000", "2025-07-0" + day, "1", true);

        assertEquals(List.of("20250703_000000", "20250702_000000", "20250701_000000"), going(2, null));
        assertEquals(
            List.of("20250704_000000", "20250703_000000", "20250702_000000", "20250701_000000"),
            going(null, 27),
            "the newest verified one stays, however old");
        assertEquals(List.of(), going(null, 31));
    }

    @Test
    void a_dry_run_counts_the_backup_that_is_about_to_come() throws IOException {
        for (int day = 1; day <= 3; day++) backup("2025070" + day + "_000000", "2025-07-0" + day, "1", true);

        var plan = Retention.plan(directory, 2, null, NOW, "1");

        assertEquals(List.of(false, true, true), plan.stream().map(Retention.Decision::goes).toList());
    }

    /** wal-g#636: after pg_upgrade the names sorted otherwise than the times, and the newest were deleted. */
    @Test
    void the_recorded_time_decides_and_not_the_name() throws IOException {
        backup("20250701_000000", "2025-07-20", "1", true);
        backup("20250720_000000", "2025-07-01", "1", true);

        assertEquals(List.of("20250720_000000"), going(1, null));
    }

    /** A backup of a day when the clock was wrong: each new one would be older, and go as soon as it was made. */
    @Test
    void one_whose_time_lies_in_the_future_neither_goes_nor_pushes_others_out() throws IOException {
        backup("20990101_000000", "2099-01-01", "1", true);
        backup("20250729_000000", "2025-07-29", "1", true);
        backup("20250731_000000", "2025-07-31", "1", true);

        assertEquals(List.of("20250729_000000"), going(1, null));
        assertEquals(List.of("20250729_000000"), going(null, 1));
    }

    /** A monitor would hear that all is well until that day. */
    @Test
    void a_backup_from_the_future_is_not_the_newest_one_for_a_monitor() throws IOException {
        var limits = new BackupCheck.Limits(Duration.ofDays(1), null);
        backup("20990101_000000", "2099-01-01", "1", true);
        assertEquals(BackupCheck.Status.UNKNOWN, BackupCheck.of(directory, limits, NOW).status());
        backup("20250729_000000", "2025-07-29", "1", true);
        assertEquals(BackupCheck.Status.CRITICAL, BackupCheck.of(directory, limits, NOW).status());
    }

    @Test
    void unproven_and_damaged_ones_do_not_push_a_good_one_out() throws IOException {
        backup("20250701_000000", "2025-07-01", "1", true);
        backup("20250702_000000", "2025-07-02", "1", false);
        var found = backup("20250703_000000", "2025-07-03", "1", true);
        Receipt.keep(BackupDirectory.open(found), Receipt.VERIFY, false, List.of("base.tar is damaged"));
        var cut = backup("20250704_000000", "2025-07-04", "1", true);
        Files.writeString(cut.resolve("base.tar"), "");

        assertEquals(List.of(), going(1, null));
        assertEquals(List.of(), going(null, 1));
    }

    @Test
    void a_later_verify_makes_a_backup_good() throws IOException {
        backup("20250701_000000", "2025-07-01", "1", true);
        var later = backup("20250702_000000", "2025-07-02", "1", false);
        Receipt.keep(BackupDirectory.open(later), Receipt.VERIFY, true, List.of());

        assertEquals(List.of("20250701_000000"), going(1, null));
    }

    @Test
    void a_receipt_of_another_backup_of_that_name_does_not_count() throws IOException {
        backup("20250701_000000", "2025-07-01", "1", true);
        var later = backup("20250702_000000", "2025-07-02", "1", false);
        Receipt.keep(BackupDirectory.open(later), Receipt.VERIFY, true, List.of());
        Files.writeString(later.resolve("backup_manifest"), "other\n");

        assertEquals(List.of(), going(1, null));
    }

    @Test
    void when_none_is_proven_none_goes() throws IOException {
        for (int day = 1; day <= 5; day++) backup("2025070" + day + "_000000", "2025-07-0" + day, "1", false);

        assertEquals(List.of(), going(1, null));
    }

    @Test
    void each_cluster_is_counted_by_itself() throws IOException {
        backup("20250701_000000", "2025-07-01", "1", true);
        for (int day = 2; day <= 4; day++) backup("2025070" + day + "_000000", "2025-07-0" + day, "2", true);

        assertEquals(List.of("20250703_000000", "20250702_000000"), going(1, null));
    }

    @Test
    void what_it_did_not_make_and_what_a_link_leads_to_is_never_touched() throws IOException {
        backup("20250702_000000", "2025-07-02", "1", true);
        backup("20250703_000000", "2025-07-03", "1", true);
        var elsewhere = Files.createTempDirectory("elsewhere-");
        var bare = Files.createDirectory(directory.resolve("bare"));
        for (var name : List.of("base.tar", "backup_manifest")) Files.writeString(bare.resolve(name), "x\n");
        Files.writeString(directory.resolve("notes.txt"), "mine");
        var linked = backup("20250701_000000", "2025-07-01", "1", true);
        Files.move(linked, elsewhere.resolve("moved"));
        Files.createSymbolicLink(linked, elsewhere.resolve("moved"));
        Files.createSymbolicLink(directory.resolve("cluster_backup_20250702_000000/link"), elsewhere);

        for (var d : Retention.plan(directory, 1, null, NOW)) {
            if (d.goes()) Retention.delete(d.backup());
        }

        assertFalse(Files.exists(directory.resolve("cluster_backup_20250702_000000")));
        assertTrue(
            Files.exists(elsewhere.resolve("moved/base.tar")) && Files.exists(linked) && Files.exists(bare)
                && Files.exists(directory.resolve("notes.txt")));
        Cluster.delete(elsewhere);
    }

    @Test
    void a_number_that_leaves_nothing_is_refused() {
        assertThrows(Failure.class, () -> Retention.plan(directory, 0, null, NOW));
        assertThrows(Failure.class, () -> Retention.plan(directory, null, null, NOW));
        assertThrows(Failure.class, () -> Retention.plan(directory, 1, 1, NOW));
    }

    @Test
    void two_backups_in_the_same_second_get_names_of_their_own() throws IOException {
        try (var workplace = LockedBackups.enter(directory)) {
            var first = workplace.target();
            Files.move(first.partial(), first.published());
            var second = workplace.target();

            assertFalse(first.name().equals(second.name()));
        }
    }

    private List<String> going(Integer keep, Integer keepDays) {
        return Retention.plan(directory, keep, keepDays, NOW)
            .stream()
            .filter(Retention.Decision::goes)
            .map(d -> d.backup().name().replace("cluster_backup_", ""))
            .toList();
    }

    /** A share may give an I/O error for a moment: that says nothing about the backup. */
    @Test
    void a_backup_json_that_cannot_be_read_does_not_make_a_damaged_backup() throws IOException {
        var backup = backup("1", "2025-07-01", "1", true);
        Files.delete(backup.resolve("backup.json"));
        Files.createDirectory(backup.resolve("backup.json"));
        assertEquals("unreadable", BackupList.of(directory).rows().getFirst().state());
        Files.delete(backup.resolve("backup.json"));
        Files.writeString(backup.resolve("backup.json"), "{");
        assertEquals("damaged", BackupList.of(directory).rows().getFirst().state());
    }

    /** The sizes of its files tell of an interrupted copy. */
    @Test
    void a_copy_that_was_interrupted_is_called_incomplete() throws IOException {
        var backup = backup("1", "2025-07-01", "1", true);
        assertEquals("verified", BackupList.of(directory).rows().getFirst().state());
        Files.writeString(backup.resolve("base.tar"), "tar");
        assertEquals("incomplete", BackupList.of(directory).rows().getFirst().state());
        Files.delete(backup.resolve("base.tar"));
        assertEquals("incomplete", BackupList.of(directory).rows().getFirst().state());
    }

    /** The receiver was killed, and what came next was lost: the unfinished segment never ends. */
    @Test
    void an_unfinished_segment_before_a_gap_goes_with_the_rest() throws IOException {
        var kept = backup("20250702_000000", "2025-07-02", "7123456789012345678", true);
        var json = kept.resolve("backup.json");
        Files.writeString(json, Files.readString(json).replace("\"0/0\"", "\"0/5000028\""));
        var line = Files.createDirectories(directory.resolve("wal/7123456789012345678/00000001"));
        for (var name : List.of("01.partial", "03", "04.partial", "06", "07.partial")) {
            try (var file = new RandomAccessFile(line.resolve("0000000100000000000000" + name).toFile(), "rw")) {
                file.setLength(16 << 20);
            }
        }
        Retention.apply(directory, 1, null, true);
        try (var left = Files.list(line)) {
            assertEquals(
                List.of("06", "07.partial"),
                left.map(f -> f.getFileName().toString().substring(22)).sorted().toList());
        }
    }

    @Test
    void the_segment_that_is_being_received_stays() throws IOException {
        var kept = backup("20250702_000000", "2025-07-02", "7123456789012345678", true);
        var json = kept.resolve("backup.json");
        Files.writeString(json, Files.readString(json).replace("\"0/0\"", "\"0/5000028\""));
        var line = Files.createDirectories(directory.resolve("wal/7123456789012345678/00000001"));
        var receiving = line.resolve("000000010000000000000004.partial");
        Files.write(receiving, new byte[1 << 20]);
        Retention.apply(directory, 1, null, true);
        assertTrue(Files.exists(receiving));
    }

    /** Nothing can be restored from an incremental backup without what it builds on. */
    @Test
    void a_chain_stays_whole_and_the_reason_is_told() throws IOException {
        var full = backup("20250701_000000", "2025-07-01", "1", true);
        backup("20250702_000000", "2025-07-02", "1", true);
        var child = backup("20250703_000000", "2025-07-03", "1", true);
        var print = Files.readString(child.resolve("backup.json"));
        var builtOn = "\"incremental\" : {\"parent\": \"%s\", \"parentManifestChecksum\": \"%s\", \"number\": 2}"
            .formatted(full.getFileName(), Manifest.checksumIn(full.resolve("backup_manifest")));
        Files.writeString(child.resolve("backup.json"), print.replaceFirst("\"incremental\"\\s*:\\s*null", builtOn));
        assertEquals(full.getFileName().toString(), BackupList.of(directory).rows().getFirst().parent());

        var plan = Retention.plan(directory, 1, null, NOW);

        assertEquals(List.of(false, true, false), plan.stream().map(Retention.Decision::goes).toList());
        assertEquals("needed by cluster_backup_20250703_000000, which is incremental", plan.getLast().reason());
        Files.move(full, directory.resolve("cluster_backup_renamed"));
        assertEquals("verified", BackupList.of(directory).rows().getFirst().state(), "found by its checksum");
        Files.move(directory.resolve("cluster_backup_renamed"), directory.resolve(".away"));
        assertEquals("no parent", BackupList.of(directory).rows().getFirst().state());
    }

    private Path backup(String stamp, String day, String system, boolean verified) throws IOException {
        var name = "cluster_backup_" + stamp;
        var path = Files.createDirectory(directory.resolve(name));
        Files.writeString(path.resolve("base.tar"), "tar of " + name);
        var sha = Checksum.of(Checksum.Algorithm.SHA256);
        sha.update(name.getBytes(), 0, name.length());
        Files.writeString(path.resolve("backup_manifest"), "{\n\"Manifest-Checksum\": \"" + sha.hex() + "\"}\n");
        var at = Instant.parse(day + "T00:00:00Z");
        var server = new Fingerprint.Server.Draft();
        server.version = "15.18";
        server.versionNumber = 150018;
        server.systemIdentifier = system;
        server.timeline = 1;
        server.startLsn = "0/0";
        server.endLsn = "0/1";
        server.walSegmentBytes = 16 << 20;
        server.sharedPreloadLibraries = List.of();
        var print = new Fingerprint.Draft();
        print.name = name;
        print.label = "";
        print.startedAt = at;
        print.endedAt = at;
        print.server = new Fingerprint.Server(server);
        print.tablespaces = List.of();
        print.databases = List.of();
        print.storage = new Fingerprint.Storage("tar", "none", 0, List.of(), 1, 1);
        print.verification = new Fingerprint.Verification(verified, null, 1, 1);
        print.files = List.of(new Fingerprint.StoredFile("base.tar", ("tar of " + name).length(), null));
        new Fingerprint(print).write(path.resolve("backup.json"));
        return path;
    }
}
