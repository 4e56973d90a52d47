//SOURCES ../Console.java ../database/Database.java
package lib.chart;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.function.Consumer;
import lib.Console;
import lib.database.Database;
import org.postgresql.PGConnection;

/**
 * Reads a result of any size row by row through COPY … TO STDOUT. A cursor would stream too, but a query behind a
 * cursor gets no parallel workers (https://www.postgresql.org/docs/current/when-can-parallel-query-be-used.html); COPY
 * does. Its binary form spares both sides the digits: a double arrives as its eight bytes.
 */
final class CopyReader {
    private static final int SIGNATURE_BYTES = 11;
    /** PostgreSQL counts its times from the year 2000. */
    private static final long YEAR_2000_MICROS = 946_684_800_000_000L;

    private final Database database;

    CopyReader(Database database) {
        this.database = database;
    }

    void read(String query, Consumer<Row> reader) {
        Console.detail("SQL: %s", query.strip());
        try {
            var copy =
                database.connection()
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyOut("COPY (\n" + query + "\n) TO STDOUT (FORMAT binary)");
            try {
                boolean first = true;
                // A message holds whole rows; the first one begins with the header, the last one is the end mark: -1
                // fields.
                for (var bytes = copy.readFromCopy(); bytes != null; bytes = copy.readFromCopy()) {
                    var message = ByteBuffer.wrap(bytes);
                    if (first) skipHeader(message);
                    first = false;
                    while (message.remaining() > 2) {
                        message.getShort();
                        reader.accept(new Row(message));
                    }
                }
            } finally {
                if (copy.isActive()) copy.cancelCopy();
            }
        } catch (SQLException e) {
            throw Database.failure(e);
        }
    }

    /** The signature, flags, and the length of an extension that no version has used yet. */
    private static void skipHeader(ByteBuffer message) {
        message.position(SIGNATURE_BYTES + Integer.BYTES);
        int extension = message.getInt();
        message.position(message.position() + extension);
    }

    /** One row: its fields are taken in their order, all of them. */
    static final class Row {
        private final ByteBuffer bytes;

        Row(ByteBuffer bytes) {
            this.bytes = bytes;
        }

        /** Of a text; null for NULL. */
        String nextText() {
            int length = bytes.getInt();
            if (length < 0) return null;
            var text = new String(bytes.array(), bytes.position(), length, StandardCharsets.UTF_8);
            bytes.position(bytes.position() + length);
            return text;
        }

        /** Of a float8; NaN for NULL. */
        double nextDouble() {
            return bytes.getInt() < 0 ? Double.NaN : bytes.getDouble();
        }

        /** Of a bigint; 0 for NULL. */
        long nextLong() {
            return bytes.getInt() < 0 ? 0 : bytes.getLong();
        }

        /** Of a timestamptz: microseconds since 1970. */
        long nextTime() {
            return nextLong() + YEAR_2000_MICROS;
        }
    }
}
