//SOURCES ../Practice.java ../archive/PracticeBackup.java
package lib.backup;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import lib.Practice;
import lib.archive.PracticeBackup;

/** {@code verify} and {@code list} on a backup of a few files, and a {@code doctor} that finds no server. */
public final class BackupPractice implements Practice {
    @Override
    public List<List<String>> commandLines(Path scratch) throws IOException {
        var backup = PracticeBackup.make(scratch);
        return List.of(
            List.of("verify", backup.toString()),
            List.of("list", "--backups", scratch.toString()),
            List.of("doctor", "-h", "127.0.0.1", "-p", "1", "-o", scratch.toString()));
    }
}
