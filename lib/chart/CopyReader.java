package lib.chart;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.function.Consumer;
import lib.Console;
import lib.Database;
import org.postgresql.PGConnection;

/**
 * Reads a result of any size row by row through COPY … TO STDOUT. A cursor would stream too, but a query behind a cursor gets no
 * parallel workers (https://www.postgresql.org/docs/current/when-can-parallel-query-be-used.html); COPY does.
 */
final class CopyReader {
    private final Database database;

    CopyReader(Database database) {
        this.database = database;
    }

    void read(String query, Consumer<Row> reader) {
        Console.detail("SQL: %s", query.strip());
        try {
            var copy = database.connection().unwrap(PGConnection.class).getCopyAPI().copyOut("COPY (\n" + query + "\n) TO STDOUT");
            try {
                for (var bytes = copy.readFromCopy(); bytes != null; bytes = copy.readFromCopy()) {
                    reader.accept(new Row(bytes));
                }
            } finally {
                if (copy.isActive()) copy.cancelCopy();
            }
        } catch (SQLException e) {
            throw Database.failure(e);
        }
    }

    /** One line of COPY's text form: fields between tabs, \\N for NULL, a backslash before what is special. */
    static final class Row {
        private final byte[] line;
        private int at;

        Row(byte[] line) {
            this.line = line;
        }

        boolean hasNext() {
            return at < line.length;
        }

        String nextText() {
            int start = at;
            boolean escaped = false;
            while (at < line.length && line[at] != '\t' && line[at] != '\n') {
                escaped |= line[at] == '\\';
                at++;
            }
            var text = new String(line, start, at - start, StandardCharsets.UTF_8);
            at++;
            return escaped ? unescape(text) : text;
        }

        /** NaN for NULL. */
        double nextDouble() {
            var text = nextText();
            return text == null ? Double.NaN : Double.parseDouble(text);
        }

        /** 0 for NULL. */
        long nextLong() {
            var text = nextText();
            return text == null ? 0 : Long.parseLong(text);
        }

        private static String unescape(String text) {
            if (text.equals("\\N")) return null;
            var plain = new StringBuilder();
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (c == '\\' && i + 1 < text.length()) {
                    c = switch (text.charAt(++i)) {
                        case 'b' -> '\b';
                        case 'f' -> '\f';
                        case 'n' -> '\n';
                        case 'r' -> '\r';
                        case 't' -> '\t';
                        case 'v' -> '\u000b';
                        default -> text.charAt(i);
                    };
                }
                plain.append(c);
            }
            return plain.toString();
        }
    }
}
