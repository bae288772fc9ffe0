#include "modules/host/run.h"

#include "modules/host/host.h"

int host_run(struct ipc_cell *cell)
{
    struct host host;
    host_init(&host, cell);
    enum host_step step = HOST_ON;
    while (step == HOST_ON) {
        struct frame f;
        const char *why = "";
        enum wire_result got = wire_next(&host.wire, &f, &why);
        if (got == WIRE_FRAME)
            step = host_frame(&host, &f);
        else
            step = got == WIRE_CLOSED ? HOST_CLOSED : host_fail(&host, IPC_NO_MODULE, why);
    }
    host_free(&host);
    if (step == HOST_CLOSED)
        return IPC_EXIT_CLOSED;
    return step == HOST_FAILED ? 1 : 0;
}
