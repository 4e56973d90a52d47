//SOURCES Intervals.java Report.java
package lib.explore;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import lib.explore.Report.Calendar;
import lib.explore.Report.Job;
import lib.explore.Report.PlannedJob;

/**
 * Which jobs will run in the next 24 hours, by their schedules and how long they took last time, and how many of them
 * at once.
 */
final class JobCalendar {
    private static final int HOURS = 24;
    // of one job: a schedule of seconds is drawn every half a minute
    private static final int MOST_STARTS = 2 * HOURS * 60;

    private JobCalendar() {}

    /**
     * @param workers how many jobs can run at the same time, null when not known; @return null where no job is
     *        scheduled
     */
    static Calendar of(List<Job> jobs, Instant now, Integer workers) {
        var starts = new int[HOURS];
        var changes = new TreeMap<Long, Integer>();
        var planned = new ArrayList<PlannedJob>();
        for (var job : jobs) {
            var every = Intervals.micros(job.schedule());
            if (!job.scheduled() || every == null || every <= 0) continue;
            long seconds = Math.max(every / 1_000_000, HOURS * 3600L / MOST_STARTS);
            long takes = job.lastSeconds() == null ? 1 : Math.max(1, Math.round(job.lastSeconds()));
            long runs = 0;
            for (long at = firstStart(job, now, seconds); at < HOURS * 3600L; at += seconds) {
                runs++;
                starts[(int) (at / 3600)]++;
                changes.merge(at, 1, Integer::sum);
                changes.merge(at + Math.min(takes, seconds), -1, Integer::sum);
            }
            planned.add(new PlannedJob(job.id(), job.name(), job.target(), runs, job.lastSeconds(), job.nextStart()));
        }
        if (planned.isEmpty()) return null;
        int running = 0;
        int busiest = 0;
        for (int change : changes.values()) {
            running += change;
            busiest = Math.max(busiest, running);
        }
        return new Calendar(Arrays.stream(starts).boxed().toList(), busiest, workers, planned);
    }

    /** Seconds from now. A start that has passed is due at once. */
    private static long firstStart(Job job, Instant now, long every) {
        if (job.nextStart() == null) return 0;
        long wait = Duration.between(now, job.nextStart()).toSeconds();
        return wait < 0 ? 0 : wait;
    }
}
