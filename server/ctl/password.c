#include "server/ctl/password.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/xmalloc.h"
#include "server/ctl/command.h"

#define MAX_LINE 1024 /* bytes; the server refuses longer passwords than 512 */

/* A line without its end, read byte by byte so that no buffer keeps more than it. -1: none, or it
 * is too long. */
static int read_line(int fd, char line[MAX_LINE])
{
    size_t len = 0;
    for (char c;;) {
        ssize_t n = read(fd, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || (!n && !len) || len + 1 == MAX_LINE)
            return -1;
        if (!n || c == '\n')
            break;
        line[len++] = c;
    }
    if (len && line[len - 1] == '\r')
        len--;
    line[len] = '\0';
    return 0;
}

/* ---- From a file ------------------------------------------------------------------------------
 */

static enum ctl_exit read_file(const char *file, char line[MAX_LINE])
{
    int fd = !strcmp(file, "-") ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ctl_complain(CTL_USAGE, "cannot read %s: %s", file, strerror(errno));
    int failed = read_line(fd, line);
    if (fd != STDIN_FILENO)
        close(fd);
    return failed ? ctl_complain(CTL_USAGE, "%s holds no line that could be a password", file)
                  : CTL_OK;
}

/* ---- From the terminal ------------------------------------------------------------------------
 */

/* Without echo; a signal that would end the program waits until the echo is back. */
static int ask(int tty, const char *prompt, char line[MAX_LINE])
{
    struct termios before;
    sigset_t ending;
    sigset_t old;
    if (tcgetattr(tty, &before))
        return -1;
    struct termios silent = before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    silent.c_lflag |= ECHONL | ICANON;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGHUP);
    sigaddset(&ending, SIGTSTP);
    sigprocmask(SIG_BLOCK, &ending, &old);
    int failed = tcsetattr(tty, TCSAFLUSH, &silent);
    if (!failed)
        failed = dprintf(tty, "%s", prompt) < 0 || read_line(tty, line);
    tcsetattr(tty, TCSAFLUSH, &before);
    sigprocmask(SIG_SETMASK, &old, NULL);
    /* Without ISIG a Ctrl-C is a byte. */
    return failed || strchr(line, 3) ? -1 : 0;
}

static enum ctl_exit ask_twice(char line[MAX_LINE])
{
    char again[MAX_LINE] = "";
    enum ctl_exit status = CTL_OK;
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0)
        return ctl_complain(CTL_USAGE, "there is no terminal to ask for the password: give it with "
                                       "--password-file FILE (- is the standard input)");
    if (ask(tty, "Password: ", line) || ask(tty, "Again: ", again))
        status = ctl_complain(CTL_USAGE, "no password was given");
    else if (strcmp(line, again) != 0)
        status = ctl_complain(CTL_USAGE, "the two were not the same: nothing was done");
    explicit_bzero(again, sizeof again);
    close(tty);
    return status;
}

enum ctl_exit password_read(const char *file, char **password)
{
    char line[MAX_LINE] = "";
    enum ctl_exit status = *file ? read_file(file, line) : ask_twice(line);
    *password = status == CTL_OK ? xstrdup(line) : NULL;
    explicit_bzero(line, sizeof line);
    return status;
}
