#!/usr/bin/env escript
%%! -name bench_client@127.0.0.1 -setcookie aula_bench
%% Measures Erlang's erpc: this node calls a coordinator node, which calls the next of two worker nodes.
%% Arguments: seconds to measure.
-mode(compile).

main([Seconds]) ->
    Ms = round(list_to_float(Seconds) * 1000),
    [Coordinator, One, Two] = [start(Name) || Name <- ["coordinator", "worker_one", "worker_two"]],
    [pong = erpc:call(Coordinator, net_adm, ping, [Node]) || Node <- [One, Two]],
    _ = calls(200, Coordinator, One, Two),
    Times = lists:sort(timed(Coordinator, One, Two, deadline(Ms), [])),
    Count = length(Times),
    P50 = lists:nth(max(1, Count div 2), Times) / 1000,
    P99 = lists:nth(max(1, Count * 99 div 100), Times) / 1000,
    Rate = lists:max([rate(Window, Coordinator, One, Two, Ms div 3) || Window <- [16, 64, 256]]),
    io:format("{\"p50\": ~p, \"p99\": ~p, \"per_second\": ~p}~n", [P50, P99, Rate]),
    [catch erpc:call(Node, erlang, halt, [0]) || Node <- [One, Two, Coordinator]],
    halt(0).

%% peer: a node that ends with this one.
start(Name) ->
    {ok, _, Node} = peer:start_link(#{name => list_to_atom(Name), host => "127.0.0.1",
                                      longnames => true, connection => standard_io,
                                      args => ["-setcookie", "aula_bench"]}),
    true = net_kernel:connect_node(Node),
    Node.

%% The coordinator evaluates a call to erpc, so that nothing needs to be compiled there.
add(Coordinator, Worker, A, B) ->
    Sum = erpc:call(Coordinator, erpc, call, [Worker, erlang, '+', [A, B]]),
    Sum = A + B.

calls(0, _, _, _) -> ok;
calls(Count, Coordinator, One, Two) ->
    add(Coordinator, One, Count, 5),
    calls(Count - 1, Coordinator, Two, One).

timed(Coordinator, One, Two, Deadline, Times) ->
    case erlang:monotonic_time(microsecond) >= Deadline of
        true -> Times;
        false ->
            Started = erlang:monotonic_time(microsecond),
            add(Coordinator, One, 10, 5),
            Took = erlang:monotonic_time(microsecond) - Started,
            timed(Coordinator, Two, One, Deadline, [Took | Times])
    end.

%% So many processes of this node ask at once.
rate(Window, Coordinator, One, Two, Ms) ->
    Self = self(),
    Deadline = deadline(Ms),
    [spawn_link(fun() -> Self ! {done, length(timed(Coordinator, One, Two, Deadline, []))} end)
     || _ <- lists:seq(1, Window)],
    Sum = lists:sum([receive {done, Count} -> Count end || _ <- lists:seq(1, Window)]),
    Sum * 1000 / Ms.

deadline(Ms) -> erlang:monotonic_time(microsecond) + Ms * 1000.
