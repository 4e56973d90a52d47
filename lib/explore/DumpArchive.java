//SOURCES ../ExitCode.java ../Failure.java
package lib.explore;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import lib.ExitCode;
import lib.Failure;

/**
 * The table of contents of a {@code pg_dump -Fc} archive: each statement with the object that it is of. The text that
 * pg_dump writes has that in comments only, which the body of a function may have too. The format is that of
 * PostgreSQL's pg_backup_archiver.c, ReadHead and ReadToc: archives 1.14 (PostgreSQL 14) to 1.16 (17 and 18).
 */
final class DumpArchive {
    /**
     * @param tag the name as pg_dump has it: of a trigger "table trigger", of a function with its types
     * @param kind TABLE, INDEX, FK CONSTRAINT …
     * @param sql the statement; null where the text form has none
     * @param needs ids of other entries
     */
    record Entry(
        int id,
        String tag,
        String kind,
        String sql,
        String schema,
        String tablespace,
        String accessMethod,
        List<Integer> needs) {}

    private static final int OLDEST = 14;
    private static final int NEWEST = 16;

    private final DataInputStream in;
    private int minor;
    private int bytesOfInt;
    private int bytesOfOffset;

    private DumpArchive(byte[] archive) {
        in = new DataInputStream(new ByteArrayInputStream(archive));
    }

    static List<Entry> entries(byte[] archive) {
        try {
            return new DumpArchive(archive).read();
        } catch (EOFException e) {
            throw new Failure(ExitCode.FAILED, "the archive of pg_dump ends too early", null, e);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<Entry> read() throws IOException {
        head();
        int count = integer();
        var entries = new ArrayList<Entry>(count);
        for (int i = 0; i < count; i++) entries.add(entry());
        return entries;
    }

    private void head() throws IOException {
        var magic = new String(in.readNBytes(5), StandardCharsets.US_ASCII);
        int major = in.readUnsignedByte();
        minor = in.readUnsignedByte();
        in.readUnsignedByte();
        if (!magic.equals("PGDMP") || major != 1 || minor < OLDEST || minor > NEWEST) {
            throw Failure
                .notReady("pg_dump writes archives of version " + major + "." + minor + ", which is not known", null);
        }
        bytesOfInt = in.readUnsignedByte();
        bytesOfOffset = in.readUnsignedByte();
        in.readUnsignedByte();                       // the format: custom
        if (minor >= 15) in.readUnsignedByte();      // the compression
        else integer();
        for (int i = 0; i < 7; i++) integer();       // when it was made
        for (int i = 0; i < 3; i++) text();          // the database, the versions of server and pg_dump
    }

    private Entry entry() throws IOException {
        int id = integer();
        integer();                                   // whether there are data
        text();
        text();                                      // where it stands in the catalogs
        var tag = text();
        var kind = text();
        integer();                                   // the section
        var sql = text();
        text();                                      // the statement that drops it
        text();                                      // COPY
        var schema = text();
        var tablespace = text();
        var accessMethod = text();
        if (minor >= 16) integer();                  // the kind of relation
        text();                                      // the owner
        text();                                      // WITH OIDS of old
        var needs = new ArrayList<Integer>();
        for (var need = text(); need != null; need = text()) needs.add(Integer.valueOf(need));
        in.skipNBytes(1L + bytesOfOffset);           // where the data are
        return new Entry(id, tag, kind, sql, schema, tablespace, accessMethod, needs);
    }

    private int integer() throws IOException {
        boolean isNegative = in.readUnsignedByte() != 0;
        int value = 0;
        for (int i = 0; i < bytesOfInt; i++) value |= in.readUnsignedByte() << 8 * i;
        return isNegative ? -value : value;
    }

    private String text() throws IOException {
        int length = integer();
        return length < 0 ? null : new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }
}
