#ifndef MODULES_HOST_KEEPER_H
#define MODULES_HOST_KEEPER_H

/*
 * Starts the keeper of this process: one that does nothing but kill the process group of the host
 * when the host has ended. The server does so, too; the keeper is for the case that the server was
 * killed, and the host with it, and not what modules have started. To be called by a host that may
 * start processes, in a group of its own, before it gives up anything. 0, or -1 with errno.
 */
int keeper_start(void);

#endif
