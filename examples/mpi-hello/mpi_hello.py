from mpi4py import MPI

comm = MPI.COMM_WORLD
rank, size = comm.Get_rank(), comm.Get_size()

if rank == 0:
    print(f"Cluster has {size} processes")
    for other in range(1, size):
        comm.send(f"hello from rank 0 to rank {other}", dest=other)
else:
    print(f"rank {rank}: {comm.recv(source=0)}")
