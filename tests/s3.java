///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Serves a directory by the S3 protocol, for tests: bin/jbang tests/s3.java PROPERTIES_FILE
//JAVA 25+
//DEPS org.gaul:s3proxy:2.6.0
//JAVA_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx256m

import java.nio.file.Files;
import org.gaul.s3proxy.Main;

/** The server's own program, told to log warnings only: it logs every request otherwise. */
class s3 {
    private static final String LOGGING = """
        <configuration>
          <appender name="STDERR" class="ch.qos.logback.core.ConsoleAppender">
            <target>System.err</target>
            <encoder><pattern>%level %logger{0}: %msg%n</pattern></encoder>
          </appender>
          <root level="WARN"><appender-ref ref="STDERR"/></root>
        </configuration>
        """;

    public static void main(String... args) throws Exception {
        var logging = Files.createTempFile("s3-logback", ".xml");
        Files.writeString(logging, LOGGING);
        System.setProperty("logback.configurationFile", logging.toString());
        Main.main(new String[] {"--properties", args[0]});
        Files.delete(logging);
    }
}
