//SOURCES ../Console.java ../Failure.java ../archive/Age.java ../archive/BackupDirectory.java ../archive/Lsn.java
//SOURCES ../archive/WalArchive.java ../archive/WalMoments.java ../boot/ControlFile.java ../boot/Recovery.java
package lib.restore;

import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TimeZone;
import java.util.regex.Pattern;
import lib.Console;
import lib.Failure;
import lib.archive.Age;
import lib.archive.BackupDirectory;
import lib.archive.Lsn;
import lib.archive.WalArchive;
import lib.archive.WalMoments;
import lib.boot.ControlFile;
import lib.boot.Recovery;

/**
 * Where a restore shall go, as typed: {@code --at '2025-07-04 15:30:00+02'}, {@code --at latest},
 * {@code --at 0/3000028} (just before that place in the WAL) or {@code --to NAME} (a restore point).
 *
 * @param moment null unless a time was typed
 * @param place null unless a place in the WAL was typed
 * @param name null unless a restore point was typed
 */
public record PointInTime(Instant moment, Long place, String name) {
    private static final Pattern PLACE = Pattern.compile("[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}");
    private static final Pattern TIME = Pattern
        .compile("(\\d{4}-\\d\\d-\\d\\d)[ Tt](\\d\\d:\\d\\d(?::\\d\\d(?:[.,]\\d{1,9})?)?)\\s*(.*)");
    private static final Pattern OFFSET = Pattern.compile("([+-]\\d\\d)(?::?(\\d\\d))?");
    private static final Pattern ABBREVIATION = Pattern.compile("[A-Z]{2,5}");
    private static final Set<String> UTC = Set.of("Z", "UTC", "GMT", "UT");
    private static final DateTimeFormatter CLOCK = new DateTimeFormatterBuilder().appendPattern("uuuu-MM-dd HH:mm")
        .appendPattern("[:ss]")
        .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
        .toFormatter(Locale.ROOT)
        .withResolverStyle(ResolverStyle.STRICT);      // 30 February is not the 28th

    /**
     * @param at as typed with --at; null when it was not
     * @param to as typed with --to; null when it was not
     * @param zone of a time without an offset
     * @return empty when neither was typed
     */
    public static Optional<PointInTime> typed(String at, String to, ZoneId zone) {
        if (at != null && to != null) {
            throw Failure.usage(
                "--at and --to are two ways to say where a restore goes",
                "give one of them: --at a time, --to the name of a restore point.");
        }
        if (to != null) return Optional.of(new PointInTime(null, null, to));
        if (at == null) return Optional.empty();
        if (at.equals("latest")) return Optional.of(new PointInTime(null, null, null));
        if (PLACE.matcher(at).matches()) return Optional.of(new PointInTime(null, Lsn.parse(at), null));
        return Optional.of(new PointInTime(time(at, zone), null, null));
    }

    /** "2025-07-04 15:30:00+02", "… UTC", "… Europe/Berlin", and without any of these in the zone given. */
    static Instant time(String text, ZoneId zone) {
        var m = TIME.matcher(text.strip());
        if (!m.matches()) throw notATime(text);
        try {
            var clock = LocalDateTime.parse(m.group(1) + " " + m.group(2).replace(',', '.'), CLOCK);
            var word = m.group(3).strip();
            if (word.isEmpty()) return instant(text, clock, zone);
            if (UTC.contains(word.toUpperCase(Locale.ROOT))) return clock.toInstant(ZoneOffset.UTC);
            if (ABBREVIATION.matcher(word).matches()) return clock.toInstant(abbreviated(word, clock, zone));
            return instant(text, clock, zone(word));
        } catch (DateTimeException e) {
            throw notATime(text);
        }
    }

    private static Instant instant(String text, LocalDateTime clock, ZoneId zone) {
        var offsets = zone.getRules().getValidOffsets(clock);
        if (offsets.size() == 1) return clock.toInstant(offsets.getFirst());
        var day = clock.toLocalDate() + " " + clock.toLocalTime();
        var ways = offsets.isEmpty() ? List.of(zone.getRules().getOffset(clock)) : offsets;
        throw Failure.usage(
            text + (offsets.isEmpty() ? " did not exist in " : " happened twice in ") + zone
                + ": the clocks were changed then",
            "give the offset with it: " + String.join(" or ", ways.stream().map(o -> "'" + day + o + "'").toList())
                + ".");
    }

    private static ZoneId zone(String text) {
        var m = OFFSET.matcher(text);
        if (m.matches()) return ZoneOffset.of(m.group(1) + ":" + (m.group(2) == null ? "00" : m.group(2)));
        return ZoneId.of(text);
    }

    /** "CEST" as it stands in logs: of the zone here and in use at that time, because one name has several meanings. */
    private static ZoneOffset abbreviated(String word, LocalDateTime clock, ZoneId zone) {
        var rules = zone.getRules();
        return rules.getValidOffsets(clock)
            .stream()
            .filter(
                offset -> TimeZone.getTimeZone(zone)
                    .getDisplayName(rules.isDaylightSavings(clock.toInstant(offset)), TimeZone.SHORT, Locale.ENGLISH)
                    .equals(word))
            .findFirst()
            .orElseThrow(
                () -> Failure.usage(
                    "which offset " + word + " stands for at that time is not known",
                    "give the offset itself: '2025-07-04 15:30:00+02'."));
    }

    private static Failure notATime(String text) {
        return Failure.usage(
            "'" + text + "' is not a time",
            "write it like '2025-07-04 15:30:00+02', '2025-07-04 13:30:00 UTC', or: latest.");
    }

    /** Said before anything happens: the same moment on both clocks. */
    public void echo(ZoneId zone) {
        if (moment == null) return;
        var here = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ssxxx", Locale.ROOT).format(moment.atZone(zone));
        Console.say("to the moment %s, which is %s in %s", WalMoments.exact(moment), here, zone);
    }

    /**
     * What will be replayed, and on top of which backup.
     *
     * @param which a backup's directory, or "latest": the newest one that ended before the moment
     * @param backups where latest is looked for
     * @param data the data directory: the cluster in it is meant, where WAL of several is here
     * @throws Failure with the moments that can be restored, when this one cannot
     */
    public Recovery plan(String which, Path backups, Path data, Age.Identity identity) {
        var moments = which.equals("latest") ? moments(backups, data, identity) : moments(which, identity);
        var target = target(moments);
        return new Recovery(moments.archive(), target, identity);
    }

    private WalMoments.Target target(WalMoments moments) {
        if (moment != null) return moments.at(moment);
        if (place != null) return moments.before(place);
        return name != null ? moments.named(name) : moments.latest();
    }

    private static WalMoments moments(String which, Age.Identity identity) {
        var backup = BackupDirectory.open(Path.of(which));
        var system = backup.fingerprint().map(p -> p.server().systemIdentifier()).orElse(null);
        var archive = system == null ? Optional.<WalArchive>empty() : WalArchive.of(backup.path().getParent(), system);
        if (archive.isEmpty()) throw noWal(backup.path().getParent());
        return WalMoments.of(readable(archive.get(), identity), List.of(backup), identity);
    }

    private static WalMoments moments(Path backups, Path data, Age.Identity identity) {
        var archives = new ArrayList<>(WalArchive.in(backups));
        if (archives.size() > 1) {
            var here = ControlFile.systemIdentifier(data);
            archives.removeIf(a -> !a.systemIdentifier().equals(here.orElse(null)));
            if (archives.isEmpty()) {
                throw Failure.usage(
                    "WAL of several clusters is in " + backups.resolve(WalArchive.DIRECTORY),
                    "name a backup instead of latest: that chooses the cluster. All are listed by: backup.java list");
            }
        }
        if (archives.isEmpty()) throw noWal(backups);
        return WalMoments.of(readable(archives.getFirst(), identity), backups, identity);
    }

    private static WalArchive readable(WalArchive archive, Age.Identity identity) {
        if (archive.isEncrypted() && identity == null) {
            throw Failure.notReady(
                "the WAL in " + archive.directory() + " is encrypted",
                "give the secret key's file: --identity key.txt");
        }
        return archive;
    }

    private static Failure noWal(Path backups) {
        return Failure.notReady(
            "no WAL was received into " + backups.resolve(WalArchive.DIRECTORY)
                + ", so only the backups themselves can be restored",
            "leave out --at; to have every moment from now on: backup.java receive (make protect).");
    }
}
