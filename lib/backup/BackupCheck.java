//SOURCES ../Failure.java ../Units.java ../archive/BackupDirectory.java ../archive/Receipt.java Retention.java
package lib.backup;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import lib.Units;
import lib.archive.BackupDirectory;
import lib.archive.Receipt;

/**
 * The answer of {@code backup.java check}, for a monitor that reads one line and a status as those of Nagios, Icinga
 * and Zabbix do: is the newest verified backup young enough, and was one proven by a drill lately?
 */
public final class BackupCheck {
    /** The statuses of the Nagios plugin guidelines. They are this command's own exit statuses. */
    public enum Status {
        OK, WARNING, CRITICAL, UNKNOWN
    }

    /**
     * @param line "BACKUP OK - …|age=3600s;93600": what a person reads, then what a monitor draws
     */
    public record Answer(Status status, String line) {}

    private BackupCheck() {}

    /**
     * @param maxAge of the newest verified backup; older is CRITICAL
     * @param maxDrillAge of the last good drill; older, or none at all, is a WARNING; null when drills are not asked
     *        for
     */
    public static Answer of(Path backups, Duration maxAge, Duration maxDrillAge, Instant now) {
        var all = BackupDirectory.in(backups);
        var newestGood = all.stream().filter(BackupCheck::isGood).findFirst();
        if (newestGood.isEmpty()) {
            return answer(
                Status.CRITICAL,
                all.isEmpty() ? "there is no backup in " + backups : "no backup in " + backups + " is verified",
                List.of());
        }
        var age = Duration.between(newestGood.get().takenAt(), now);
        var numbers = new ArrayList<>(List.of("age=" + age.toSeconds() + "s;;" + maxAge.toSeconds()));
        var text = "the newest verified backup is " + Units.duration(age) + " old: " + newestGood.get().name();
        if (age.compareTo(maxAge) > 0) {
            return answer(Status.CRITICAL, text + "; the limit is " + Units.duration(maxAge), numbers);
        }
        if (maxDrillAge == null) return answer(Status.OK, text, numbers);
        return withDrill(all, text, numbers, maxDrillAge, now);
    }

    private static Answer withDrill(
        List<BackupDirectory> all,
        String text,
        List<String> numbers,
        Duration maxDrillAge,
        Instant now) {
        var last = lastGoodDrill(all);
        if (last == null) return answer(Status.WARNING, text + "; no backup was ever proven by a drill", numbers);
        var age = Duration.between(last, now);
        numbers.add("drill_age=" + age.toSeconds() + "s;" + maxDrillAge.toSeconds());
        var withDrill = text + "; the last good drill is " + Units.duration(age) + " old";
        return age.compareTo(maxDrillAge) > 0
            ? answer(Status.WARNING, withDrill + ", the limit is " + Units.duration(maxDrillAge), numbers)
            : answer(Status.OK, withDrill, numbers);
    }

    private static Instant lastGoodDrill(List<BackupDirectory> all) {
        return all.stream()
            .flatMap(backup -> Receipt.of(backup, Receipt.DRILL).stream())
            .filter(Receipt::isGood)
            .map(Receipt::at)
            .max(Instant::compareTo)
            .orElse(null);
    }

    private static boolean isGood(BackupDirectory backup) {
        try {
            return backup.fingerprint().isPresent() && Retention.isGood(backup);
        } catch (lib.Failure damaged) {
            return false;
        }
    }

    private static Answer answer(Status status, String text, List<String> numbers) {
        return new Answer(
            status,
            "BACKUP " + status + " - " + text + (numbers.isEmpty() ? "" : "|" + String.join(" ", numbers)));
    }
}
