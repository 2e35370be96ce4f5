/*
 * libseccomp's own scmp_bpf_sim for many questions: each line of standard input is its arguments, separated by tabs. For
 * each it prints what the tool prints, or "exit N" where the tool fails. The tool answers one question and exits; here it
 * does so in a fork, which is several times as fast as to start it.
 */
#define main scmp_bpf_sim
#include "scmp_bpf_sim.c"
#undef main

#include <sys/wait.h>

int main(void)
{
	static char line[4096];

	while (fgets(line, sizeof(line), stdin)) {
		char *arguments[32] = { "scmp_bpf_sim" };
		int count = 1, status;
		pid_t child;

		for (char *at = strtok(line, "\t\n"); at && count < 31; at = strtok(NULL, "\t\n"))
			arguments[count++] = at;
		fflush(stdout);
		child = fork();
		if (child == 0)
			exit(scmp_bpf_sim(count, arguments));
		if (child < 0 || waitpid(child, &status, 0) != child)
			return 1;
		if (status != 0)
			printf("exit %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	}
	return 0;
}
