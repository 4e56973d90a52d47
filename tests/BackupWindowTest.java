import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import lib.backup.BackupWindow;
import lib.backup.Preflight;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** doctor says by the last backup whether base backups are still the right tool. */
@Tag("unit")
class BackupWindowTest {
    private static final long GB = 1L << 30;

    @Test
    void what_fits_into_a_night_is_fine() {
        var check = BackupWindow.check(100 * GB, 15, new BackupWindow.Run(90 * GB, 1800));
        assertEquals(Preflight.Level.OK, check.level());
        assertEquals(
            "100 GB take about 33 min 20 s: the last full backup went at 51.2 MB/s, network and check included",
            check.found());
    }

    @Test
    void what_does_not_fit_is_told_with_what_to_do() {
        var slow = BackupWindow.check(2048 * GB, 15, new BackupWindow.Run(2000 * GB, 40_000));
        assertEquals(Preflight.Level.WARNING, slow.level());
        assertTrue(slow.found().contains("11 h 22 min") && slow.found().contains("wrong tool"), slow.found());
        assertTrue(slow.cure().contains("pgbackrest-config"), slow.cure());
        assertFalse(slow.cure().contains("--incremental"), "PostgreSQL 15 has none");
        var newer = BackupWindow.check(2048 * GB, 17, new BackupWindow.Run(2000 * GB, 40_000));
        assertTrue(newer.cure().contains("--incremental"), newer.cure());
    }

    @Test
    void nothing_is_said_about_a_time_that_was_not_measured() {
        var small = BackupWindow.check(GB, 15, new BackupWindow.Run(1000, 3));
        assertEquals(Preflight.Level.OK, small.level());
        assertTrue(small.found().contains("is known after the first backup"), small.found());
        var big = BackupWindow.check(2048 * GB, 15, null);
        assertEquals(Preflight.Level.WARNING, big.level());
        assertTrue(big.found().contains("is not known yet"), big.found());
        assertEquals(Preflight.Level.OK, BackupWindow.check(-1, 15, null).level());
    }
}
