///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Runs the tests: bin/jbang tests/tests.java [--tier unit,local] [--only Backup]
//JAVA 25+
//DEPS at.yawk.lz4:lz4-java:1.13.0
//DEPS com.exceptionfactory.jagged:jagged-api:1.0.0
//DEPS com.exceptionfactory.jagged:jagged-framework:1.0.0
//DEPS com.exceptionfactory.jagged:jagged-x25519:1.0.0
//DEPS com.github.luben:zstd-jni:1.5.7-28
//DEPS com.kohlschutter.junixsocket:junixsocket-common:2.10.1
//DEPS com.kohlschutter.junixsocket:junixsocket-native-common:2.10.1
//DEPS de.rototor.pdfbox:graphics2d:3.0.5
//DEPS de.erichseifert.vectorgraphics2d:VectorGraphics2D:0.13
//DEPS info.picocli:picocli:4.7.7
//DEPS io.github.mfvanek:pg-index-health-core:0.30.0
//DEPS me.tongfei:progressbar:0.10.2
//DEPS org.apache.commons:commons-compress:1.28.0
//DEPS org.apache.poi:poi-ooxml-full:5.5.1
//DEPS org.apache.poi:poi-ooxml:5.5.1
//DEPS org.commonmark:commonmark-ext-gfm-tables:0.32.0
//DEPS org.commonmark:commonmark:0.32.0
//DEPS org.eclipse.elk:org.eclipse.elk.alg.layered:0.12.1
//DEPS org.eclipse.xtext:org.eclipse.xtext.xbase.lib:2.44.0
//DEPS org.junit.platform:junit-platform-console-standalone:6.1.3
//DEPS org.postgresql:postgresql:42.7.14
//DEPS org.seleniumhq.selenium:selenium-chrome-driver:4.52.0
//DEPS org.slf4j:slf4j-nop:2.0.17
//DEPS org.testcontainers:testcontainers:2.0.5
//DEPS org.webjars.npm:axe-core:4.6.3 // MPL-2.0, for tests only: judges whether the pages are accessible
//DEPS tools.jackson.core:jackson-databind:3.2.4
//DEPS tools.jackson.dataformat:jackson-dataformat-yaml:3.2.4
//SOURCES *Test.java BackupGuide.java BareBackup.java Browser.java Cluster.java Containers.java DocsPage.java
//SOURCES DocsSession.java Embedded*.java Ledger.java LeavingServer.java Pooler.java Reception.java ReportMaker.java
//SOURCES S3Storage.java Tool.java
//SOURCES ../lib/*.java
//SOURCES ../lib/*/*.java
//FILES fleet.html=../lib/explore/fleet.html report.css=../lib/explore/report.css
//FILES report.html=../lib/explore/report.html report.js=../lib/explore/report.js
//JAVA_OPTIONS -Djava.awt.headless=true --enable-native-access=ALL-UNNAMED -Dlog4j2.statusLoggerLevel=OFF

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lib.Cli;
import lib.Failure;
import lib.Units;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.ClassNameFilter;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;
import org.junit.platform.reporting.legacy.xml.LegacyXmlReportGeneratingListener;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Finds the classes named *Test, runs them and counts. With CI=true a test that could not run has failed,
 * unless it needs a native TimescaleDB, which Debian does not package.
 */
@Command(
    name = "tests",
    header = "Run the tests.",
    description = "Tiers: unit, cli (the scripts as a user runs them), embedded (TimescaleDB in WebAssembly), local "
        + "(a real PostgreSQL), docker, native (a server with TimescaleDB).")
class tests implements Callable<Integer> {
    /** For the continuous integration: TEST-junit-jupiter.xml */
    private static final Path REPORTS = Path.of(".tests");

    @Option(names = "--tier", split = ",", paramLabel = "TIER", description = "only these tiers, comma separated")
    List<String> tiers = List.of();

    @Option(names = "--only", paramLabel = "NAME", description = "only test classes whose name contains this")
    String only = "";

    @Option(names = "--jobs", paramLabel = "N", description = "test classes at a time (default: 2)")
    int jobs = 2;

    @Option(names = "--help", usageHelp = true, description = "show this help")
    boolean help;

    public static void main(String... args) {
        System.exit(Cli.run(new tests(), args));
    }

    @Override
    public Integer call() throws Exception {
        var here = Path.of(tests.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        var request = LauncherDiscoveryRequestBuilder.request()
            .selectors(DiscoverySelectors.selectClasspathRoots(Set.of(here)))
            .filters(
                ClassNameFilter.includeClassNamePatterns("(?=.*Test$).*" + Pattern.quote(only) + ".*"))
            .configurationParameters(severalAtATime(jobs));
        if (!tiers.isEmpty()) {
            request.filters(TagFilter.includeTags(tiers));
        }
        var summary = new SummaryGeneratingListener();
        var skipped = new Skipped("true".equals(System.getenv("CI")));
        LauncherFactory.create()
            .execute(
                request.build(),
                summary,
                skipped,
                new Progress(),
                new LegacyXmlReportGeneratingListener(REPORTS, new PrintWriter(System.err, true)));
        return conclude(summary.getSummary(), skipped);
    }

    /**
     * Whole classes beside each other, the long ones (@Order) first; what two of them may not use at once is named by
     * {@code @ResourceLock}.
     */
    private static Map<String, String> severalAtATime(int classes) {
        var parallel = "junit.jupiter.execution.parallel.";
        return Map.of(
            parallel + "enabled",
            String.valueOf(classes > 1),
            parallel + "mode.default",
            "same_thread",
            parallel + "mode.classes.default",
            "concurrent",
            parallel + "config.executor-service",
            "worker_thread_pool",
            parallel + "config.strategy",
            "fixed",
            parallel + "config.fixed.parallelism",
            String.valueOf(classes),
            "junit.jupiter.testclass.order.default",
            "org.junit.jupiter.api.ClassOrderer$OrderAnnotation");
    }

    private static int conclude(TestExecutionSummary summary, Skipped skipped) {
        summary.printFailuresTo(new PrintWriter(System.out, true), 30);
        print("Skipped:", skipped.reasons);
        print("Failed, because with CI=true each test must run:", skipped.failures);
        long failed = summary.getTotalFailureCount() + skipped.failures.size();
        long passed = summary.getTestsSucceededCount();
        System.out.printf("%n%d passed, %d failed, %d skipped%n", passed, failed, skipped.reasons.size());
        if (passed + failed == 0) {
            throw Failure.failed("no test ran", "is the name after --only right?");
        }
        return failed == 0 ? 0 : 1;
    }

    private static void print(String title, Map<String, String> tests) {
        if (tests.isEmpty()) return;
        System.out.println("\n" + title);
        tests.forEach((name, reason) -> System.out.println("  " + name + ": " + reason));
    }

    /** What could not run, with the reason; JUnit's summary counts these tests without it. */
    private static final class Skipped implements TestExecutionListener {
        private final boolean isFailure;
        private final Map<String, String> reasons = new ConcurrentSkipListMap<>();
        private final Map<String, String> failures = new ConcurrentSkipListMap<>();
        private TestPlan plan;

        Skipped(boolean isFailure) {
            this.isFailure = isFailure;
        }

        @Override
        public void testPlanExecutionStarted(TestPlan testPlan) {
            plan = testPlan;
        }

        @Override
        public void executionSkipped(TestIdentifier test, String reason) {
            skip(test, reason);
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            if (result.getStatus() != TestExecutionResult.Status.ABORTED) return;
            skip(test, result.getThrowable().map(Throwable::getMessage).orElse("no reason given"));
        }

        /** A class that was skipped counts with each of its tests. */
        private void skip(TestIdentifier test, String reason) {
            Stream.concat(Stream.of(test), plan.getDescendants(test).stream())
                .filter(TestIdentifier::isTest)
                .forEach(one -> {
                    var needsNative = one.getTags().stream().anyMatch(tag -> tag.getName().equals("native"));
                    (isFailure && !needsNative ? failures : reasons)
                        .put(name(one), reason.replace("Assumption failed: ", ""));
                });
        }
    }

    /** Prints a line for each class when it has ended, and one for each failure at once. */
    private static final class Progress implements TestExecutionListener {
        private final Map<String, Long> starts = new ConcurrentHashMap<>();
        private final Map<String, Integer> passed = new ConcurrentHashMap<>();

        @Override
        public void executionStarted(TestIdentifier test) {
            if (isClass(test)) starts.put(test.getUniqueId(), System.nanoTime());
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            if (result.getStatus() == TestExecutionResult.Status.FAILED) {
                System.out.println("FAILED  " + name(test) + ": " + result.getThrowable().orElseThrow());
            } else if (test.isTest() && result.getStatus() == TestExecutionResult.Status.SUCCESSFUL) {
                passed.merge(classOf(test), 1, Integer::sum);
            }
            if (!isClass(test)) return;
            var time = Units.duration(Duration.ofNanos(System.nanoTime() - starts.get(test.getUniqueId())));
            int count = passed.getOrDefault(classOf(test), 0);
            System.out.printf("  %-36s %3d passed  %10s%n", test.getDisplayName(), count, time);
        }

        private static String classOf(TestIdentifier test) {
            return switch (test.getSource().orElseThrow()) {
                case MethodSource method -> method.getClassName();
                case ClassSource type -> type.getClassName();
                default -> test.getDisplayName();
            };
        }

        private static boolean isClass(TestIdentifier test) {
            return test.getSource().filter(ClassSource.class::isInstance).isPresent();
        }
    }

    private static String name(TestIdentifier test) {
        return test.getSource().map(source -> switch (source) {
            case MethodSource method -> method.getClassName() + "." + method.getMethodName()
                + (test.getDisplayName().startsWith(method.getMethodName()) ? "" : " " + test.getDisplayName());
            case ClassSource type -> type.getClassName();
            default -> test.getDisplayName();
        }).orElse(test.getDisplayName());
    }
}
