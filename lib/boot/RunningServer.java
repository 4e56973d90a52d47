//SOURCES ../ExitCode.java ../Failure.java ../Program.java
package lib.boot;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import lib.ExitCode;
import lib.Failure;
import lib.Program;

/**
 * The server that uses a data directory. Every server process stands in its data directory (it makes it its working
 * directory), so the kernel tells, also through the walls of containers: there the numbers in postmaster.pid mean
 * nothing.
 *
 * @param pid of the postmaster as seen from here; 0 when it is only known from postmaster.pid and can't be seen
 * @param service the systemd service that runs it; null when none does
 */
public record RunningServer(Path dataDirectory, long pid, int port, String service) {
    // proc_pid_stat(5); a zombie has ended
    private static final Pattern RUNS = Pattern.compile("^\\d+ \\((postgres|postmaster)\\) [^ZX]");
    private static final Pattern SERVICE = Pattern.compile("/([^/]+\\.service)$");
    private static final Duration PATIENCE = Duration.ofMinutes(2);   // a fast shutdown writes a checkpoint first

    public static Optional<RunningServer> on(Path dataDirectory) {
        var pidFile = postmasterPid(dataDirectory);
        int port = pidFile.size() > 3 ? number(pidFile.get(3)) : 0;
        var seen = ProcessHandle.allProcesses()
            .mapToLong(ProcessHandle::pid)
            .filter(pid -> standsIn(pid, dataDirectory))
            .filter(pid -> !standsIn(parentOf(pid), dataDirectory))   // the postmaster, not its children
            .findFirst();
        if (seen.isPresent()) {
            return Optional.of(new RunningServer(dataDirectory, seen.getAsLong(), port, serviceOf(seen.getAsLong())));
        }
        if (pidFile.isEmpty()) return Optional.empty();
        // A file left by a crash, or a server behind a wall. As a stranger we may not see where a process stands, but
        // we see its name.
        int pid = Math.abs(number(pidFile.getFirst()));
        if (isPostgres(pid) && !Files.isReadable(Path.of("/proc/" + pid + "/cwd"))) {
            return Optional.of(new RunningServer(dataDirectory, pid, port, serviceOf(pid)));
        }
        var socketDirectory = pidFile.size() > 4 ? pidFile.get(4).strip() : "";
        var address = pidFile.size() > 5 ? pidFile.get(5).strip() : "";
        if (answers(socketDirectory, address, port)) {
            return Optional.of(new RunningServer(dataDirectory, 0, port, null));
        }
        return Optional.empty();
    }

    /** Fast shutdown: clients are disconnected, everything is written out. */
    public void stop() {
        if (pid == 0) {
            throw Failure.notReady(
                "a server uses " + dataDirectory + " (port " + port + "), and from here it cannot be stopped",
                "stop it yourself, or say how: --stop-command 'docker stop NAME'");
        }
        var command =
            // slim images have no kill but the shell's
            service == null ? List.of("sh", "-c", "kill -INT " + pid) : List.of("systemctl", "stop", service);
        var answer = Program.of(command).capture();
        if (!answer.ok()) {
            throw Failure.notReady(
                "cannot stop the server on " + dataDirectory + " (pid " + pid + "): " + answer.stderr().strip(),
                "stop it yourself, run this as its owner or as root, or say how: --stop-command CMD");
        }
        waitUntilGone(dataDirectory);
    }

    public static void waitUntilGone(Path dataDirectory) {
        var end = System.nanoTime() + PATIENCE.toNanos();
        while (on(dataDirectory).isPresent()) {
            if (System.nanoTime() > end) {
                throw Failure.notReady(
                    "the server on " + dataDirectory + " is still running after " + PATIENCE.toMinutes() + " minutes",
                    "stop it yourself, then run this again; nothing was changed.");
            }
            sleep();
        }
    }

    /** "pid 4711, port 5432", for messages. */
    @Override
    public String toString() {
        return (pid == 0 ? "another container's" : "pid " + pid) + (port == 0 ? "" : ", port " + port)
            + (service == null ? "" : ", " + service);
    }

    /**
     * The lines of postmaster.pid: pid, data directory, start time, port, socket directory, address, … (miscadmin.h).
     */
    private static List<String> postmasterPid(Path dataDirectory) {
        try {
            return Files.readAllLines(dataDirectory.resolve("postmaster.pid"));
        } catch (IOException none) {
            return List.of();
        }
    }

    private static boolean standsIn(long pid, Path dataDirectory) {
        try {
            return isPostgres(pid) && Files.isSameFile(Path.of("/proc/" + pid + "/cwd"), dataDirectory);
        } catch (IOException gone) {
            return false;
        }
    }

    private static boolean isPostgres(long pid) {
        try {
            return RUNS.matcher(Files.readString(Path.of("/proc/" + pid + "/stat"))).find();
        } catch (IOException noProc) {
            return Files.exists(Path.of("/proc/self")) ? false
                : ProcessHandle.of(pid).flatMap(p -> p.info().command()).map(c -> c.contains("postgres")).orElse(false);
        }
    }

    private static long parentOf(long pid) {
        return ProcessHandle.of(pid).flatMap(ProcessHandle::parent).map(ProcessHandle::pid).orElse(0L);
    }

    private static String serviceOf(long pid) {
        try {
            var m = SERVICE.matcher(Files.readString(Path.of("/proc/" + pid + "/cgroup")).strip());
            if (!m.find() || !Files.isDirectory(Path.of("/run/systemd/system"))) return null;
            return isMainProcess(m.group(1), pid) ? m.group(1) : null;
        } catch (IOException none) {
            return null;
        }
    }

    /** One that was started by hand from cron, from an agent or by a supervisor is only a guest in their service. */
    private static boolean isMainProcess(String service, long pid) {
        var answer = Program.of(List.of("systemctl", "show", "--property=MainPID", "--value", service)).capture();
        return answer.ok() && answer.stdout().strip().equals(String.valueOf(pid));
    }

    private static boolean answers(String socketDirectory, String address, int port) {
        if (port == 0) return false;
        if (!socketDirectory.isEmpty()
            && Files.exists(Path.of(socketDirectory, ".s.PGSQL." + port), LinkOption.NOFOLLOW_LINKS)) {
            try (var socket = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                return socket
                    .connect(UnixDomainSocketAddress.of(Path.of(socketDirectory, ".s.PGSQL." + port)));
            } catch (IOException | RuntimeException left) {
                // a socket file left by a crash
            }
        }
        if (address.isEmpty()) return false;
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(address.equals("*") ? "127.0.0.1" : address, port), 1000);
            return true;
        } catch (IOException nobody) {
            return false;
        }
    }

    private static int number(String text) {
        return text.strip().matches("-?\\d{1,9}") ? Integer.parseInt(text.strip()) : 0;
    }

    private static void sleep() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            throw new Failure(ExitCode.INTERRUPTED, "interrupted while the server stopped", null, e);
        }
    }
}
