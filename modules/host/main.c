#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "modules/host/memory.h"
#include "modules/host/probe.h"
#include "modules/host/run.h"
#include "modules/host/sandbox/sandbox.h"
#include "modules/host/start.h"

/* Not exit: after the modules' unload nothing of theirs runs any more, neither destructors nor
 * atexit functions, which would meet the threads they left behind. */
int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--probe") == 0) {
        start_process();
        _exit(probe_run(argv[2], argv[3]));
    }
    if (argc == 2 && strcmp(argv[1], "--sandbox") == 0)
        return sandbox_report();
    struct ipc_cell *cell = NULL;
    if (argc == 1) {
        start_process();
        cell = start_cell();
    }
    if (!cell) {
        fprintf(stderr, "seshet-modhost is started by seshetd, with pipes on descriptors 3 and 4 "
                        "and a shared page on 5; it is not for people. To list modules: "
                        "seshetctl module list\n");
        return 2;
    }
    memory_note_refusals(cell);
    _exit(host_run(cell));
}
