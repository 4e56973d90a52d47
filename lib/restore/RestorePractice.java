//SOURCES ../Practice.java ../archive/PracticeBackup.java
package lib.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import lib.Practice;
import lib.archive.PracticeBackup;

/** A restore of a backup of a few files, and a drill that finds no cluster in it. */
public final class RestorePractice implements Practice {
    @Override
    public List<List<String>> commandLines(Path scratch) throws IOException {
        var backup = PracticeBackup.make(scratch).toString();
        return List.of(
            List.of(backup, "-D", scratch.resolve("data").toString(), "--force"),
            List.of("drill", backup, "--scratch", scratch.toString()));
    }
}
