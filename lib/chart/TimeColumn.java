//SOURCES ../Failure.java ../database/Database.java Grid.java
package lib.chart;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Locale;
import lib.Failure;
import lib.database.Database;

/**
 * A column with times: how SQL reads it as a moment, and how a moment is written to compare the column with, so that an
 * index on it answers. The session's time zone is UTC.
 *
 * @param name the column, quoted
 * @param perSecond what a column of numbers counts: 1 seconds, 1000 milliseconds, …
 */
record TimeColumn(String name, Kind kind, long perSecond) {
    enum Kind { ZONED, LOCAL, DATE, INTEGER, DECIMAL }

    /** Of the years 1 to 9999: what lies beyond is an infinity, a typo, or before Christ, and cannot be drawn. */
    static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
    static final Instant LAST = Instant.parse("9999-12-31T00:00:00Z");
    private static final String BC = " BC";
    private static final DateTimeFormatter AFTER_THE_YEAR =
        new DateTimeFormatterBuilder().appendPattern("-MM-dd HH:mm:ss")
            .appendFraction(ChronoField.MICRO_OF_SECOND, 0, 6, true)
            .toFormatter(Locale.ROOT);

    /** @param type as PostgreSQL writes it */
    static TimeColumn of(String column, String type, String unit, String table) {
        var kind = switch (type) {
            case "timestamp with time zone" -> Kind.ZONED;
            case "timestamp without time zone" -> Kind.LOCAL;
            case "date" -> Kind.DATE;
            case "bigint", "integer" -> Kind.INTEGER;
            case "numeric", "double precision", "real" -> Kind.DECIMAL;
            default -> throw Failure.usage(
                "the column \"%s\" of %s holds no times: it is of type %s".formatted(column, table, type),
                "name one of type timestamptz, timestamp or date, or one with seconds or milliseconds since 1970.");
        };
        return new TimeColumn(Database.identifier(column), kind, unit == null ? 0 : perSecond(unit));
    }

    static long perSecond(String unit) {
        return switch (unit) {
            case "s" -> 1;
            case "ms" -> 1_000;
            case "us" -> 1_000_000;
            case "ns" -> 1_000_000_000;
            default -> throw Failure.usage("there is no unit of time '" + unit + "'", "it is s, ms, us or ns.");
        };
    }

    boolean isNumber() {
        return kind == Kind.INTEGER || kind == Kind.DECIMAL;
    }

    /** Numbers of this size count, since 1970: 1,751,328,000 seconds are July 2025. */
    TimeColumn countingAs(double newest) {
        return new TimeColumn(name, kind, perSecond(Math.abs(newest)));
    }

    private static long perSecond(double size) {
        if (size >= 1e17) return 1_000_000_000;
        if (size >= 1e14) return 1_000_000;
        return size >= 1e11 ? 1000 : 1;
    }

    /** The column as a timestamptz. */
    String moment() {
        return isNumber() ? "pg_catalog.to_timestamp(%s::float8 / %d)".formatted(name, perSecond)
            : name + "::timestamptz";
    }

    /** Microseconds since 1970, or NULL where that makes no sense. */
    String micros() {
        return isNumber() ? "(%s::numeric * 1000000 / %d)::bigint".formatted(name, perSecond)
            : "(pg_catalog.date_part('epoch', %s)::numeric * 1000000)::bigint".formatted(moment());
    }

    /** For {@code column >= …} and {@code column < …}. */
    String bound(Instant moment) {
        return switch (kind) {
            case ZONED -> literal(moment);
            case LOCAL, DATE -> "timestamp '" + written(moment) + "'";
            case INTEGER -> count(moment).setScale(0, RoundingMode.CEILING).toPlainString();
            case DECIMAL -> count(moment).stripTrailingZeros().toPlainString();
        };
    }

    /** A moment in SQL. */
    static String literal(Instant moment) {
        return "timestamptz '" + text(moment) + "'";
    }

    /** As PostgreSQL reads it: before the year 1, and after the year 9999 too. */
    static String text(Instant moment) {
        var written = written(moment);
        return written.endsWith(BC) ? written.substring(0, written.length() - BC.length()) + "+00" + BC
            : written + "+00";
    }

    private static String written(Instant moment) {
        var t = moment.atOffset(ZoneOffset.UTC);
        int year = t.getYear() > 0 ? t.getYear() : 1 - t.getYear();
        return String.format(Locale.ROOT, "%04d", year) + t.format(AFTER_THE_YEAR) + (t.getYear() > 0 ? "" : BC);
    }

    private BigDecimal count(Instant moment) {
        return BigDecimal.valueOf(Grid.micros(moment)).multiply(BigDecimal.valueOf(perSecond)).movePointLeft(6);
    }

    /** Only rows whose time can be drawn. */
    String sane() {
        return "%s >= %s AND %1$s < %s".formatted(name, bound(FIRST), bound(LAST));
    }
}
