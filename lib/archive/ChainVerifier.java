//SOURCES ../ExitCode.java ../Failure.java ../Progress.java Age.java BackupChain.java BackupDirectory.java Verifier.java
package lib.archive;

import java.util.ArrayList;
import java.util.List;
import lib.ExitCode;
import lib.Failure;
import lib.Progress;
import lib.archive.Verifier.Doubt;
import lib.archive.Verifier.Report;

/**
 * Proves a backup and all that it builds on, each against its own papers. What is wrong with a parent is wrong with the
 * backup; when a parent is not here, the backup cannot be judged.
 */
public final class ChainVerifier {
    private final BackupDirectory backup;
    private final List<BackupDirectory> links = new ArrayList<>();
    private final List<Report> reports = new ArrayList<>();
    private Doubt missing;

    /** @throws Failure for an incremental backup that does not say what it builds on */
    public ChainVerifier(BackupDirectory backup) {
        this.backup = backup;
        if (isOfUnknownParent()) {
            throw Failure.answerIsNo(
                backup.name() + " is an incremental backup: it holds only what changed since another one, and nothing "
                    + "can be restored from it alone",
                "join it with the backups before it: pg_combinebackup -o FULL FIRST … LAST; then verify FULL.");
        }
        links.add(backup);
        try {
            links.addAll(BackupChain.of(backup).parents().reversed());
        } catch (Failure broken) {
            if (broken.exitCode() != ExitCode.NOT_READY) return;   // backup.json: its damage is found below
            missing = new Doubt(backup.name(), withoutName(broken.getMessage()), broken.hint());
        }
    }

    private boolean isOfUnknownParent() {
        try {
            return !backup.manifest().isReadableAlone() && BackupChain.incremental(backup).isEmpty();
        } catch (Failure damaged) {
            return false;
        }
    }

    private String withoutName(String sentence) {
        return sentence.startsWith(backup.name() + " ") ? sentence.substring(backup.name().length() + 1) : sentence;
    }

    /** The backup itself first, then what it builds on. */
    public List<BackupDirectory> links() {
        return links;
    }

    public boolean isIncremental() {
        return links.size() > 1;
    }

    public long storedBytes() {
        return links.stream().mapToLong(BackupDirectory::sizeBytes).sum();
    }

    /** @return what was found in this one alone */
    public Report verify(BackupDirectory link, Age.Identity identity, int jobs, Progress progress) {
        var report = Verifier.verify(link, identity, jobs, progress);
        reports.add(report);
        return report;
    }

    /** What was found in all of them. Of a parent the paths begin with its name. */
    public Report report() {
        var all = reports.getFirst();
        for (int i = 1; i < reports.size(); i++) all = all.with(links.get(i).name() + "/", reports.get(i));
        return missing == null ? all : all.with(missing);
    }
}
