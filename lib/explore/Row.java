//SOURCES ../RecordFields.java Redaction.java
package lib.explore;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import lib.RecordFields;

/**
 * One row of an answer, with null for "not known". All text of the report comes through here, and secrets in it are
 * hidden on the way: there is no other door between the database and the model.
 */
final class Row {
    /** Makes a record of a row. */
    @FunctionalInterface
    interface Mapper<T> {
        T map(Row row) throws SQLException;
    }

    private final ResultSet row;

    Row(ResultSet row) {
        this.row = row;
    }

    /** Each component from the column of its name: startedAt from started_at. */
    <T extends Record> T record(Class<T> type) throws SQLException {
        return record(RecordFields.of(type));
    }

    /** What was not given is read from the columns. */
    <T extends Record> T record(RecordFields<T> given) throws SQLException {
        for (var missing : given.missing()) given.with(missing.name(), value(missing));
        return given.record();
    }

    private Object value(RecordFields.Component component) throws SQLException {
        var type = component.type();
        var column = component.column();
        if (type == String.class) return text(column);
        if (type == boolean.class) return isTrue(column);
        if (type == int.class) return count(column);
        if (type == long.class) return whole(column);
        if (type == Long.class) return number(column);
        if (type == Integer.class) return integer(column);
        if (type == Double.class) return decimal(column);
        if (type == Instant.class) return instant(column);
        if (type == List.class) return texts(column);
        throw new IllegalArgumentException("no column becomes a " + type.getSimpleName());
    }

    String text(String column) throws SQLException {
        return Redaction.of(row.getString(column));
    }

    /** Text of a kind that has a stricter rule: {@code row.text("query", Redaction::query)}. */
    String text(String column, UnaryOperator<String> redaction) throws SQLException {
        return redaction.apply(row.getString(column));
    }

    /** A word of the catalogs' own, such as a kind; one object for all equal ones. */
    String word(String column) throws SQLException {
        var value = row.getString(column);
        return value == null ? null : value.intern();
    }

    boolean isTrue(String column) throws SQLException {
        return row.getBoolean(column);
    }

    long whole(String column) throws SQLException {
        return row.getLong(column);
    }

    int count(String column) throws SQLException {
        return row.getInt(column);
    }

    Long number(String column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? null : value;
    }

    Double decimal(String column) throws SQLException {
        double value = row.getDouble(column);
        return row.wasNull() ? null : value;
    }

    Integer integer(String column) throws SQLException {
        int value = row.getInt(column);
        return row.wasNull() ? null : value;
    }

    /** "-infinity" stands for "never" in TimescaleDB's job statistics: null here. */
    Instant instant(String column) throws SQLException {
        var time = row.getObject(column, OffsetDateTime.class);
        return time == null || time.equals(OffsetDateTime.MIN) || time.equals(OffsetDateTime.MAX) ? null
            : time.toInstant();
    }

    List<String> texts(String column) throws SQLException {
        return texts(column, Redaction::of);
    }

    List<String> texts(String column, UnaryOperator<String> redaction) throws SQLException {
        var array = row.getArray(column);
        return array == null ? List.of()
            : Arrays.stream((Object[]) array.getArray())
                .filter(Objects::nonNull)
                .map(Object::toString)
                .map(redaction)
                .toList();
    }

    /** OIDs as one array parameter: {@code = ANY (?::text[]::oid[])}. */
    static String[] oids(Collection<Long> oids) {
        return oids.stream().map(String::valueOf).toArray(String[]::new);
    }
}
