//SOURCES ../AtomicFile.java ../ExitCode.java ../Failure.java Bucket.java ChartData.java CsvFile.java Figure.java
//SOURCES Grid.java HtmlPage.java JsonFile.java Metric.java PdfFile.java PngFile.java SvgFile.java TextPreview.java
//SOURCES Theme.java Workbook.java
package lib.chart;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import lib.AtomicFile;
import lib.ExitCode;
import lib.Failure;

/**
 * Where charts go, and as what.
 *
 * @param file null for stdout
 */
public record Output(Path file, String format) {
    static {
        // POI and PDFBox talk through Log4j's interface alone; without a back end that complains once on stderr
        if (System.getProperty("log4j2.statusLoggerLevel") == null) {
            System.setProperty("log4j2.statusLoggerLevel", "OFF");
        }
    }

    /** Formats by the endings of their files. */
    private static final Map<String, String> BY_EXTENSION = byExtension();
    private static final List<String> STDOUT = List.of("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1");
    /** Of several charts below each other, when no size was asked for. */
    private static final int HEIGHT_OF_EACH = 380;

    /** The picture's size and colours, as typed. @param isAsked false when the size is the default one */
    public record Picture(int width, int height, String theme, boolean isAsked) {
        private static final Pattern SIZE = Pattern.compile("([0-9]{3,5})x([0-9]{3,5})");
        public static final String DEFAULT_SIZE = "1200x600";

        public static Picture parse(String size, String theme) {
            var m = SIZE.matcher(size.strip());
            if (!m.matches() || !fits(m.group(1), 300) || !fits(m.group(2), 200)) {
                throw Failure.usage(
                    "'" + size + "' is not a size of a chart",
                    "write it like 1200x600, from 300x200 to 10000x10000.");
            }
            if (!List.of("light", "dark").contains(theme)) {
                throw Failure.usage("there is no theme '" + theme + "'", "choose light or dark.");
            }
            return new Picture(
                Integer.parseInt(m.group(1)),
                Integer.parseInt(m.group(2)),
                theme,
                !size.equals(DEFAULT_SIZE));
        }

        private static boolean fits(String pixels, int least) {
            int n = Integer.parseInt(pixels);
            return n >= least && n <= 10_000;
        }

        /** Several charts need a taller picture. */
        Picture of(int charts) {
            return isAsked || charts == 1 ? this
                : new Picture(width, Math.min(10_000, HEIGHT_OF_EACH * charts), theme, false);
        }

        Figure figure(List<ChartData> charts) {
            return new Figure(charts, Theme.named(theme), width, height);
        }
    }

    private static Map<String, String> byExtension() {
        var map = new LinkedHashMap<String, String>();
        for (var extension : List.of("svg", "html", "xlsx", "png", "pdf", "csv", "json")) map.put(extension, extension);
        map.put("txt", "text");
        return map;
    }

    /**
     * @param output null, "-" or a path; @param format null = by the file's ending; @param otherwise the path without
     *        ending, when none was given
     */
    public static Output of(String output, String format, String otherwise) {
        if (format != null && !BY_EXTENSION.containsValue(format)) {
            throw Failure.usage(
                "there is no format '" + format + "'",
                "choose one of: " + String.join(", ", BY_EXTENSION.values()) + ".");
        }
        if ("-".equals(output)) return new Output(null, format == null ? "text" : format);
        // by these names a file behind it would be replaced, and not written to
        if (STDOUT.contains(String.valueOf(output)) && format != null) return new Output(null, format);
        if (output == null) {
            var chosen = format == null ? "svg" : format;
            return new Output(Path.of(otherwise + "." + (chosen.equals("text") ? "txt" : chosen)), chosen);
        }
        var file = Path.of(output);
        if (format != null) return new Output(file, format);
        var name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        var known = BY_EXTENSION.get(name.substring(name.lastIndexOf('.') + 1));
        if (!name.contains(".") || known == null) {
            throw Failure.usage(
                "cannot tell the format from the name '" + output + "'",
                "end it with one of: ." + String.join(", .", BY_EXTENSION.keySet()) + "; or say --format.");
        }
        return new Output(file, known);
    }

    public boolean isStdout() {
        return file == null;
    }

    /**
     * Draws a chart of two points, to nowhere, on a thread of its own: what the drawing needs is loaded while the
     * database still works, and a chart is there a good tenth of a second earlier.
     */
    public void warmUp(Metric metric, Picture picture) {
        Thread.ofPlatform().daemon().start(() -> {
            try {
                send(
                    List.of(sample(metric)),
                    new Picture(300, 200, picture.theme(), true),
                    OutputStream.nullOutputStream());
            } catch (IOException | RuntimeException | Error trouble) {
                // the real drawing meets the same, and tells it
            }
        });
    }

    private static ChartData sample(Metric metric) {
        var two = new double[] {1, 2};
        var points = new ChartData.Points(new long[] {0, Bucket.SECOND}, two, two, two, new long[] {1, 1});
        return new ChartData(
            metric,
            Grid.covering(Bucket.atLeast(1), ZoneOffset.UTC, Instant.EPOCH, Instant.EPOCH.plusSeconds(2)),
            List.of(new ChartData.Series(List.of(), "", 0, points)),
            new ChartData.Origin(metric.sources().getFirst(), "", 2, 2, 0, "", List.of()),
            ChartData.Extras.NONE);
    }

    public void write(List<ChartData> charts, Picture picture) throws IOException {
        var size = picture.of(charts.size());
        if (isStdout()) {
            writeStdout(charts, size);
        } else {
            writeFile(charts, size);
        }
    }

    /** Not System.out, which swallows that a disk is full. */
    private void writeStdout(List<ChartData> charts, Picture picture) {
        try {
            System.out.flush();
            var out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16);
            send(charts, picture, out);
            out.flush();
        } catch (IOException e) {
            throw new Failure(
                ExitCode.FAILED,
                "cannot write to standard output: " + e.getMessage(),
                "what was written so far is not whole.",
                e);
        }
    }

    private void writeFile(List<ChartData> charts, Picture picture) throws IOException {
        try {
            AtomicFile.write(file, out -> send(charts, picture, out));
        } catch (FileSystemException e) {
            var why = switch (e) {
                case AccessDeniedException _ -> "permission denied";
                case NoSuchFileException _ -> "that place takes no files";
                case FileAlreadyExistsException _ -> e.getFile() + " is not a directory";
                default -> e.getReason();
            };
            if (why == null || why.contains("No space left")) throw e;
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot write " + file + ": " + why,
                "choose another place with -o.",
                e);
        }
    }

    private void send(List<ChartData> charts, Picture picture, OutputStream out) throws IOException {
        switch (format) {
            case "svg" -> out.write(
                SvgFile.of(charts, picture.figure(charts), picture.width(), picture.height())
                    .getBytes(StandardCharsets.UTF_8));
            case "html" -> HtmlPage.write(charts, picture, out);
            case "png" -> PngFile.write(picture.figure(charts), picture.width(), picture.height(), out);
            case "pdf" -> PdfFile.write(
                charts,
                picture.figure(charts),
                new PdfFile.Size(picture.width(), picture.height()),
                out);
            case "xlsx" -> Workbook.write(charts, out);
            case "csv" -> CsvFile.write(charts, out);
            case "json" -> JsonFile.write(charts, out);
            default -> {
                for (var data : charts) {
                    out.write(
                        (TextPreview.of(data) + (charts.size() > 1 ? "\n" : "")).getBytes(StandardCharsets.UTF_8));
                }
            }
        }
    }
}
