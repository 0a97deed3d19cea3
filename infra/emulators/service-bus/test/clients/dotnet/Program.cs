// Drives a broker with the unmodified .NET client. Arguments: the connection string, the name of a scenario. Prints one
// line of JSON with what it saw, for the test that runs it to judge.
using System.Text.Json;
using System.Transactions;
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;

var (connectionString, scenario) = (args[0], args[1]);
await using var client = new ServiceBusClient(
    connectionString,
    new ServiceBusClientOptions
    {
        EnableCrossEntityTransactions = scenario == "transaction-across",
        RetryOptions = new ServiceBusRetryOptions { MaxRetries = 0, TryTimeout = TimeSpan.FromSeconds(20) },
    });

object seen = scenario switch
{
    "processor" => await StartAndStopProcessor(client),
    "prefetch" => await PrefetchAndClose(client),
    "sessions" => await ListSessions(client),
    "transaction" => await TransactWithin(client),
    "transaction-across" => await TransactAcross(client),
    "expiry" => await ReadExpiry(client),
    "rules" => await KeepTypesOfFilters(connectionString),
    _ => throw new ArgumentException($"There is no scenario \"{scenario}\"."),
};
Console.WriteLine(JsonSerializer.Serialize(seen));

// A processor that stops gives back, with "released", what it has asked for and not handed to anybody.
static async Task<object> StartAndStopProcessor(ServiceBusClient client)
{
    await Send(client, "orders", 50);
    var handled = 0;
    await using var processor = client.CreateProcessor(
        "orders",
        new ServiceBusProcessorOptions { MaxConcurrentCalls = 5, AutoCompleteMessages = true });
    processor.ProcessMessageAsync += _ =>
    {
        Interlocked.Increment(ref handled);
        return Task.CompletedTask;
    };
    processor.ProcessErrorAsync += _ => Task.CompletedTask;
    for (var times = 0; times < 10; times++)
    {
        await processor.StartProcessingAsync();
        await processor.StopProcessingAsync();
    }
    return new { handled, left = await Counts(client, "orders"), dead = await DeadLetters(client, "orders") };
}

static async Task<object> PrefetchAndClose(ServiceBusClient client)
{
    await Send(client, "orders", 20);
    for (var times = 0; times < 10; times++)
    {
        await using var receiver = client.CreateReceiver(
            "orders",
            new ServiceBusReceiverOptions { PrefetchCount = 20 });
        await receiver.CompleteMessageAsync(await receiver.ReceiveMessageAsync());
    }
    return new { left = await Counts(client, "orders"), dead = await DeadLetters(client, "orders") };
}

static async Task<object> ListSessions(ServiceBusClient client)
{
    await using var sender = client.CreateSender("imports");
    foreach (var id in new[] { "a", "b" })
    {
        await sender.SendMessageAsync(new ServiceBusMessage("x") { SessionId = id });
    }
    await using var receiver = await client.AcceptNextSessionAsync("imports");
    var before = DateTimeOffset.UtcNow.AddMinutes(-1);
    await receiver.SetSessionStateAsync(new BinaryData("state"));
    return new
    {
        accepted = receiver.SessionId,
        all = await Listed(client.GetMessageSessionsAsync("imports")),
        stateSet = await Listed(client.GetMessageSessionsAsync("imports", before)),
        stateSetLater = await Listed(client.GetMessageSessionsAsync("imports", before.AddHours(1))),
    };
}

static async Task<string[]> Listed(IAsyncEnumerable<string> sessions)
{
    var ids = new List<string>();
    await foreach (var id in sessions)
    {
        ids.Add(id);
    }
    return [.. ids.Order()];
}

static async Task<object> TransactWithin(ServiceBusClient client)
{
    await Send(client, "orders", 1);
    await using var receiver = client.CreateReceiver("orders");
    await using var sender = client.CreateSender("orders");
    var message = await receiver.ReceiveMessageAsync();
    using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
    {
        await sender.SendMessageAsync(new ServiceBusMessage("dropped"));
        await receiver.CompleteMessageAsync(message);
    }
    var afterRollback = await Bodies(client, "orders");
    using (var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
    {
        await sender.SendMessageAsync(new ServiceBusMessage("kept"));
        await Retried(() => receiver.CompleteMessageAsync(message));
        scope.Complete();
    }
    return new { afterRollback, afterCommit = await Settled(client, "orders", ["kept"]) };
}

static async Task<object> TransactAcross(ServiceBusClient client)
{
    await using (var first = client.CreateSender("orders"))
    {
        await first.SendMessageAsync(new ServiceBusMessage("0"));
    }
    await using var receiver = client.CreateReceiver("orders");
    await using var sender = client.CreateSender("shipments");
    var message = await receiver.ReceiveMessageAsync();
    using (var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
    {
        await receiver.CompleteMessageAsync(message);
        await sender.SendMessageAsync(new ServiceBusMessage("shipped"));
        scope.Complete();
    }
    return new
    {
        orders = await Settled(client, "orders", []),
        shipments = await Settled(client, "shipments", ["shipped"]),
    };
}

static async Task<object> ReadExpiry(ServiceBusClient client)
{
    await using var sender = client.CreateSender("lasting");
    await sender.SendMessageAsync(new ServiceBusMessage("without a time to live of its own"));
    await using var receiver = client.CreateReceiver("lasting");
    var message = await receiver.ReceiveMessageAsync();
    return new
    {
        timeToLiveDays = message.TimeToLive.TotalDays,
        expiresAfterDays = (message.ExpiresAt - message.EnqueuedTime).TotalDays,
        state = message.State.ToString(),
        origin = message.EnqueuedSequenceNumber,
    };
}

static async Task<object> KeepTypesOfFilters(string connectionString)
{
    var admin = new ServiceBusAdministrationClient(connectionString);
    var filter = new CorrelationRuleFilter();
    filter.ApplicationProperties["long"] = 5L;
    filter.ApplicationProperties["int"] = 5;
    filter.ApplicationProperties["span"] = TimeSpan.FromMinutes(90);
    await admin.CreateRuleAsync("files", "s", new CreateRuleOptions("typed", filter));
    var rule = (await admin.GetRuleAsync("files", "s", "typed")).Value;
    var kept = ((CorrelationRuleFilter)rule.Filter).ApplicationProperties;
    return kept.ToDictionary(pair => pair.Key, pair => $"{pair.Value.GetType().Name} {pair.Value}");
}

static async Task Send(ServiceBusClient client, string queue, int count)
{
    await using var sender = client.CreateSender(queue);
    await sender.SendMessagesAsync(Enumerable.Range(0, count).Select(i => new ServiceBusMessage($"{i}")));
}

static async Task<Dictionary<int, int>> Counts(ServiceBusClient client, string queue)
{
    await using var receiver = client.CreateReceiver(queue);
    var messages = await receiver.PeekMessagesAsync(100);
    return messages.GroupBy(each => each.DeliveryCount).ToDictionary(group => group.Key, group => group.Count());
}

static async Task<int> DeadLetters(ServiceBusClient client, string queue)
{
    await using var receiver = client.CreateReceiver(
        queue,
        new ServiceBusReceiverOptions { SubQueue = SubQueue.DeadLetter });
    return (await receiver.PeekMessagesAsync(100)).Count;
}

static async Task<string[]> Bodies(ServiceBusClient client, string queue)
{
    await using var receiver = client.CreateReceiver(queue);
    return (await receiver.PeekMessagesAsync(100)).Select(each => each.Body.ToString()).ToArray();
}

// The client discharges a transaction in the background: what is awaited is its effect.
static async Task<string[]> Settled(ServiceBusClient client, string queue, string[] expected)
{
    var bodies = await Bodies(client, queue);
    for (var deadline = DateTime.UtcNow.AddSeconds(20); DateTime.UtcNow < deadline; )
    {
        if (bodies.SequenceEqual(expected))
        {
            break;
        }
        await Task.Delay(20);
        bodies = await Bodies(client, queue);
    }
    return bodies;
}

static async Task Retried(Func<Task> settle)
{
    for (var deadline = DateTime.UtcNow.AddSeconds(20); ; )
    {
        try
        {
            await settle();
            return;
        }
        catch (Exception) when (DateTime.UtcNow < deadline)
        {
            await Task.Delay(20);
        }
    }
}
