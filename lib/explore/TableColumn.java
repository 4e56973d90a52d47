//SOURCES Inlines.java
package lib.explore;

import java.util.function.Function;

/**
 * A column of a table in the report: its title, what kind of value it holds, and where that comes from.
 *
 * @param optional left out where no row has a value
 */
record TableColumn<T>(String title, Type type, Function<? super T, ?> value, boolean optional) {
    enum Type {
        /** A word or a sentence. */
        TEXT(false),
        /** A name or an expression. */
        CODE(false),
        /** A whole number, a {@link Measured}, or null for "not known". */
        NUMBER(true),
        /** Bytes as a number, or a {@link Report.Size}. */
        SIZE(true),
        /** An instant in UTC. */
        TIME(false),
        /** A comment, which may be Markdown. */
        PROSE(false),
        /** An {@link Inlines} of several parts. */
        PARTS(false);

        final boolean isNumber;

        Type(boolean isNumber) {
            this.isNumber = isNumber;
        }
    }

    /** A number with words of its own. @param order by which the rows are sorted */
    record Measured(String shown, double order) {}

    static <T> TableColumn<T> text(String title, Function<? super T, ?> value) {
        return new TableColumn<>(title, Type.TEXT, value, false);
    }

    static <T> TableColumn<T> code(String title, Function<? super T, ?> value) {
        return new TableColumn<>(title, Type.CODE, value, false);
    }

    static <T> TableColumn<T> number(String title, Function<? super T, ?> value) {
        return new TableColumn<>(title, Type.NUMBER, value, false);
    }

    static <T> TableColumn<T> size(String title, Function<? super T, ?> value) {
        return new TableColumn<>(title, Type.SIZE, value, false);
    }

    static <T> TableColumn<T> time(String title, Function<? super T, ?> value) {
        return new TableColumn<>(title, Type.TIME, value, false);
    }

    static <T> TableColumn<T> prose(String title, Function<? super T, ?> value) {
        return new TableColumn<>(title, Type.PROSE, value, true);
    }

    static <T> TableColumn<T> parts(String title, Function<? super T, Inlines> value) {
        return new TableColumn<>(title, Type.PARTS, value, false);
    }

    /** The same column, left out where no row has a value. */
    TableColumn<T> ifAny() {
        return new TableColumn<>(title, type, value, true);
    }
}
