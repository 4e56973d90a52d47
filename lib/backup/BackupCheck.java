//SOURCES ../Failure.java ../Units.java ../archive/BackupDirectory.java ../archive/PgBackRest.java
//SOURCES ../archive/Receipt.java Retention.java RetentionRule.java
package lib.backup;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import lib.Failure;
import lib.Units;
import lib.archive.BackupDirectory;
import lib.archive.PgBackRest;
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
    public record Limits(Duration maxAge, Duration maxDrillAge) {}

    public static Answer of(Path backups, Limits limits, Instant now) {
        var all = BackupDirectory.in(backups);
        var good = all.stream().filter(BackupCheck::isGood).toList();
        var newestGood = good.stream()
            .filter(backup -> !RetentionRule.isInFuture(backup.takenAt(), now))
            .findFirst()
            .or(() -> good.stream().findFirst());
        if (newestGood.isEmpty()) {
            return answer(
                Status.CRITICAL,
                all.isEmpty() ? "there is no backup in " + backups : "no backup in " + backups + " is verified",
                List.of());
        }
        var drills = all.stream().flatMap(backup -> Receipt.of(backup, Receipt.DRILL).stream());
        var found = new Found("verified backup", newestGood.get().name(), newestGood.get().takenAt());
        return judge(found, drills, limits, now);
    }

    /** The same for what pgBackRest keeps. A backup that met damaged pages does not count. */
    public static Answer ofStanza(String name, Path backups, Limits limits, Instant now) {
        var stanza = PgBackRest.stanza(name);
        var newest = stanza.backups().stream().filter(backup -> !backup.hasErrors()).reduce((a, b) -> b);
        if (newest.isEmpty()) {
            return answer(Status.CRITICAL, "the stanza " + name + " has no good backup", List.of());
        }
        var found = new Found("backup of pgBackRest", newest.get().name(), newest.get().takenAt());
        return judge(found, Receipt.ofStanza(name, backups).stream(), limits, now);
    }

    private record Found(String kind, String name, Instant takenAt) {}

    private static Answer judge(Found newest, Stream<Receipt> drills, Limits limits, Instant now) {
        if (RetentionRule.isInFuture(newest.takenAt(), now)) {
            return answer(
                Status.UNKNOWN,
                "the time of the newest " + newest.kind() + " lies in the future: " + newest.name()
                    + "; is the clock right?",
                List.of());
        }
        var age = Duration.between(newest.takenAt(), now);
        var numbers = new ArrayList<>(List.of("age=" + age.toSeconds() + "s;;" + limits.maxAge().toSeconds()));
        var text = "the newest " + newest.kind() + " is " + Units.duration(age) + " old: " + newest.name();
        if (age.compareTo(limits.maxAge()) > 0) {
            return answer(Status.CRITICAL, text + "; the limit is " + Units.duration(limits.maxAge()), numbers);
        }
        if (limits.maxDrillAge() == null) return answer(Status.OK, text, numbers);
        var all = drills.filter(drill -> !RetentionRule.isInFuture(drill.at(), now))
            .sorted(Comparator.comparing(Receipt::at))
            .toList();
        if (!all.isEmpty() && !all.getLast().isGood()) {
            var bad = "; the last drill says that " + all.getLast().backup() + " could NOT be restored";
            return answer(Status.CRITICAL, text + bad, numbers);
        }
        var last = all.isEmpty() ? null : all.getLast().at();
        if (last == null) return answer(Status.WARNING, text + "; no backup was ever proven by a drill", numbers);
        return withDrill(text, numbers, Duration.between(last, now), limits.maxDrillAge());
    }

    private static Answer withDrill(String text, List<String> numbers, Duration age, Duration limit) {
        numbers.add("drill_age=" + age.toSeconds() + "s;" + limit.toSeconds());
        var withDrill = text + "; the last good drill is " + Units.duration(age) + " old";
        return age.compareTo(limit) > 0
            ? answer(Status.WARNING, withDrill + ", the limit is " + Units.duration(limit), numbers)
            : answer(Status.OK, withDrill, numbers);
    }

    private static boolean isGood(BackupDirectory backup) {
        try {
            return backup.fingerprint().isPresent() && Retention.isGood(backup);
        } catch (Failure damaged) {
            return false;
        }
    }

    private static Answer answer(Status status, String text, List<String> numbers) {
        return new Answer(
            status,
            "BACKUP " + status + " - " + text + (numbers.isEmpty() ? "" : "|" + String.join(" ", numbers)));
    }
}
