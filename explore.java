///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Documents a database and judges its health: Markdown, one interactive HTML file, JSON.
//JAVA 25+
//DEPS com.kohlschutter.junixsocket:junixsocket-common:2.10.1 // Unix sockets
//DEPS com.kohlschutter.junixsocket:junixsocket-native-common:2.10.1
//DEPS info.picocli:picocli:4.7.7 // command line
//DEPS me.tongfei:progressbar:0.10.2
//DEPS org.commonmark:commonmark-ext-gfm-tables:0.32.0 // the report as a document
//DEPS org.commonmark:commonmark:0.32.0
//DEPS org.eclipse.elk:org.eclipse.elk.alg.layered:0.12.1 // where boxes and lines of a diagram go
//DEPS org.eclipse.xtext:org.eclipse.xtext.xbase.lib:2.44.0 // needed by it, but not in its list
//DEPS org.postgresql:postgresql:42.7.14
//DEPS tools.jackson.core:jackson-databind:3.2.4 // JSON
//DEPS tools.jackson.dataformat:jackson-dataformat-yaml:3.2.4 // the config file
//SOURCES lib/Cli.java lib/ExitCode.java lib/database/ConnectionOptions.java lib/explore/ExploreOptions.java
//SOURCES lib/explore/ExplorePractice.java lib/explore/ExploreRun.java lib/explore/RuleBook.java
//FILES fleet.html=lib/explore/fleet.html report.css=lib/explore/report.css
//FILES report.html=lib/explore/report.html report.js=lib/explore/report.js
//JAVA_OPTIONS --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmn32m -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=25
// A report is made of records by their names; no class need be made for an accessor that is called a few times:
//JAVA_OPTIONS -Djdk.reflect.useNativeAccessorOnly=true

import java.io.IOException;
import java.util.concurrent.Callable;
import lib.Cli;
import lib.ExitCode;
import lib.database.ConnectionOptions;
import lib.explore.ExploreOptions;
import lib.explore.ExplorePractice;
import lib.explore.ExploreRun;
import lib.explore.RuleBook;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "explore",
    header = "Document a database and judge its health.",
    description = "Writes report.md, report.html and report.json into a new directory below reports/, and prints "
        + "where. Only reads; never changes the database.",
    footer = {"Examples:", "  jbang explore.java -d metrics --open",
        "  jbang explore.java --schema 'app*' --fail-under 80 --diff reports/latest",
        "  jbang explore.java explain TS-CAGG-02"})
class explore implements Callable<Integer> {
    @Mixin
    ConnectionOptions connection;
    @Mixin
    ExploreOptions options;
    @Mixin
    Cli.CommonOptions common;

    public static void main(String... args) {
        System.exit(Cli.run(new explore(), new ExplorePractice(), args));
    }

    @Override
    public Integer call() throws IOException {
        var run = new ExploreRun(options, connection);
        if (options.printsConfig()) {
            System.out.print(run.config().toYaml());
            return ExitCode.OK;
        }
        if (options.isFleet()) {
            var fleet = run.fleet();
            System.out.println(fleet.directory());
            return fleet.status();
        }
        if (options.printsQueries()) {
            run.queries().forEach(query -> System.out.println(query.stripTrailing() + ";\n"));
            return ExitCode.OK;
        }
        var report = run.report();
        var directory = run.write(report);
        System.out.println(directory);
        if (options.opens()) run.open(directory);
        return run.verdict(report);
    }

    /** The rule's why, threshold and cure, without any database. */
    @Command(
        name = "explain",
        header = "Explain a health rule, or list the rules that have a word in them; without either, list them all.",
        footer = {"Examples:", "  jbang explore.java explain TS-CAGG-02", "  jbang explore.java explain vacuum"})
    int explain(
        @Parameters(
            arity = "0..1",
            paramLabel = "RULE-ID|WORD",
            description = "the id of a rule, or a word in its id, question, category or "
                + "explanation") String rule) {
        System.out.print(rule == null ? RuleBook.list() : RuleBook.explain(rule));
        return ExitCode.OK;
    }
}
