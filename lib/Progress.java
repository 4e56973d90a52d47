//SOURCES Console.java TerminalWidth.java
package lib;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Progress of long work on stderr: percent, bytes, speed and time left. A terminal sees one line that is redrawn,
 * a pipe gets a line every few seconds, {@code --quiet} and {@code --no-progress} get nothing.
 */
public final class Progress implements AutoCloseable {
    private static final int PIPE_WIDTH = 100;
    private static final int TERMINAL_MILLIS = 200;
    private static final int PIPE_MILLIS = 5_000;

    private static volatile boolean lineIsOpen;

    private final ProgressBar bar;

    private Progress(ProgressBar bar) {
        this.bar = bar;
    }

    /** No output at all, for {@code --no-progress}. */
    public static Progress none() {
        return new Progress(null);
    }

    /** @param totalBytes how much there is to do; -1 when nobody knows */
    public static Progress ofBytes(String what, long totalBytes) {
        if (Console.isQuiet()) {
            return none();
        }
        var terminal = Console.isTerminal();
        var builder = new ProgressBarBuilder()
            .setTaskName(what)
            .setInitialMax(totalBytes)
            .setUnit(" MB", 1 << 20)
            .showSpeed()
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(terminal ? TERMINAL_MILLIS : PIPE_MILLIS);
        if (terminal) {
            builder.setConsumer(new ConsoleProgressBarConsumer(System.err) {
                /** Asked before each redraw: the window may have been resized. A full line may wrap. */
                @Override
                public int getMaxRenderedLength() {
                    return TerminalWidth.columns() - 1;
                }

                @Override
                public void accept(String line) {
                    lineIsOpen = true;
                    super.accept(line);
                }

                @Override
                public void close() {
                    clearLine();
                }
            });
        } else {
            var firstLineAt = System.nanoTime() + PIPE_MILLIS * 1_000_000L;   // short work needs no line at all
            builder.setConsumer(new DelegatingProgressBarConsumer(line -> {
                if (System.nanoTime() >= firstLineAt) System.err.println(line.strip());
            }, PIPE_WIDTH));
        }
        return new Progress(builder.build());
    }

    /** False when nobody sees it: then nothing need be measured either. */
    public boolean isShown() {
        return bar != null;
    }

    public void to(long doneBytes) {
        if (bar != null) bar.stepTo(doneBytes);
    }

    public void by(long bytes) {
        if (bar != null) bar.stepBy(bytes);
    }

    /** The total became known, or better known. */
    public void total(long bytes) {
        if (bar != null) bar.maxHint(bytes);
    }

    /** The phase's name shown behind the bar: checkpoint, copying, WAL, checking. */
    public void phase(String name) {
        if (bar != null) bar.setExtraMessage(" " + name);
    }

    @Override
    public void close() {
        if (bar != null) bar.close();
    }

    /** Wipes the redrawn line before another line is printed; the next step draws the bar again. */
    static void clearLine() {
        if (lineIsOpen) {
            lineIsOpen = false;
            System.err.print("\r\033[K");
            System.err.flush();
        }
    }
}
